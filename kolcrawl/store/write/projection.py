"""Writing what follows from the visits to some stories: their state, their links, their earlier versions.

How the parts stay consistent is explained in `apply`, which writes the visits themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pymongo import InsertOne, UpdateOne

from kolcrawl.errors import StoreError
from kolcrawl.store.bson_types import Document
from kolcrawl.store.bulk import DUPLICATE_KEY, bulk_write, chunks
from kolcrawl.store.history.visited_stories import VisitedStory, read_visited_stories
from kolcrawl.store.read.listed_links import stored_lists
from kolcrawl.store.write.direct_update import direct_update
from kolcrawl.store.write.documents import (
    link_document,
    link_update,
    page_list_document,
    whole_entry,
)
from kolcrawl.store.write.earlier_versions import drop_revisions, write_revisions
from kolcrawl.store.write.known_stories import KnownStories
from kolcrawl.store.write.last_seen import LastSeen, flush_last_seen
from kolcrawl.store.write.story_updates import (
    COMPARED_FIELDS,
    is_new_information,
    new_sighting,
    new_story,
    state_update,
    story_state,
    story_update,
)

if TYPE_CHECKING:
    from pymongo.database import Database

    from kolcrawl.store.derive import StoryHistory
    from kolcrawl.store.write.story_updates import Observation

LinkEnds = set[tuple[str, str]]
"""From and to of links."""
StoredStories = dict[str, Document | None]
"""Some fields of stories, by key; None for a story that is not stored."""

MAX_PROJECTION_ROUNDS: Final = 10
"""Times that stories are derived anew because visits to them came in meanwhile."""


@dataclass(slots=True)
class ProjectionResult:
    """What was written."""

    refused: dict[str, str] = field(default_factory=dict)
    """By story key, why the database refused the story."""
    added_stories: int = 0
    new_stubs: int = 0
    """Stories newly known from a link alone, less those of the same crawl that now were visited."""
    new_links: int = 0
    links: LinkEnds = field(default_factory=set)
    """Links that were written."""
    earlier: set[str] = field(default_factory=set)
    """Stories that turned out to be older than was known: among copies, the earliest leads."""
    stale: dict[str, int] = field(default_factory=dict)
    """Stories that were derived from more visits than there are any more, with how many are missing: what was derived
    now did not replace what is stored."""
    visited: dict[str, VisitedStory] = field(default_factory=dict)
    """Visited stories as they were read last."""


@dataclass(slots=True)
class _Projection:
    """Writes what follows from visits, in rounds until no further visits come in."""

    db: Database[Document]
    observations: Mapping[str, Observation] = field(default_factory=dict)
    """What the visits show of the existence of stories, by key."""
    stored: StoredStories = field(default_factory=dict)
    """Stories that were read already."""
    last_seen: LastSeen | None = None
    """Takes observations that show no more than that a story was seen again; None writes them."""
    lists: Mapping[str, Document] = field(default_factory=dict)
    """Lists that need not be read again, by id."""
    known: KnownStories = field(default_factory=KnownStories)
    """Takes what was read and written of stories that were not visited."""
    is_rederiving: bool = False
    """Whether all links are written, and not only those that a visit with a log entry may have changed."""
    only_links_to: Collection[str] | None = None
    """When rederiving, the targets whose links are written; None for all."""
    only_lists: bool = False
    """When rederiving, whether nothing but the lists of pages is written."""
    result: ProjectionResult = field(default_factory=ProjectionResult)

    def write(self, keys: Iterable[str], visits: Mapping[str, Document]) -> None:
        """Write what follows from the visits to some stories.

        Args:
            keys: of the stories.
            visits: visits that need not be read again, by id.
        """
        left = list(keys)
        for _ in range(MAX_PROJECTION_ROUNDS):
            left = self._write_round(read_visited_stories(self.db, left, visits, is_whole=self.is_rederiving))
            if not left:
                break
            self.stored = look_up_stories(self.db, left)  # before their visits: they may be restored meanwhile
        self._count_missing()

    def _count_missing(self) -> None:
        """Tell stories whose visits were removed from those to which another writer has added visits meanwhile."""
        for key, visits in list(self.result.stale.items()):
            known = read_visited_stories(self.db, [key], {}, is_whole=True).get(key)
            missing = visits - (known.history.visits if known else 0)
            if missing > 0:
                self.result.stale[key] = missing
            else:
                del self.result.stale[key]

    def _write_round(self, visited: dict[str, VisitedStory]) -> list[str]:
        """Write once. Return the stories to which visits came in meanwhile, where that matters."""
        log_entries = {
            name: whole_entry(visit)
            for story in visited.values()
            for name, visit in story.visits.items()
            if "unapplied" in visit
        }
        changed = write_revisions(self.db, visited, log_entries)
        now = datetime.now(UTC)
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)  # as it is stored
        self._write_stories({key: story_state(key, story.history, log_entries) for key, story in visited.items()}, now)
        accepted = {key: story for key, story in visited.items() if key not in self.result.refused}
        self.result.visited |= accepted
        self.write_links(accepted, now)
        return drop_revisions(self.db, {key: accepted[key] for key in changed if key in accepted})

    # --- stories

    def _write_stories(self, states: Mapping[str, Document], now: datetime) -> None:
        """Write observed stories, and the states of visited ones."""
        unread = [key for key in self.observations if key not in self.stored]
        stored = self.stored | look_up_stories(self.db, unread)
        updated = self._sort_observations(states, stored)
        self._add_sightings(updated)
        self.known.remember(
            story for key, story in stored.items() if story and key not in states and story["status"] != "merged"
        )
        self.known.discard([*updated, *states])
        updated += self._insert_stories([key for key in self.observations if stored[key] is None], states, now)
        observed = list(updated)
        updated = self._update_unchanged(updated, states, stored, now)
        updates = {
            key: story_update(self.observations[key], states.get(key), now, stored.get(key) or {}) for key in updated
        } | {key: state_update(state, now) for key, state in states.items() if key not in self.observations}
        errors = bulk_write(self.db["stories"], [UpdateOne({"_id": key}, update) for key, update in updates.items()])
        keys = list(updates)
        self.result.refused |= {keys[index]: message for index, (_, message) in errors.items()}
        for key, state in states.items():
            if (known := stored.get(key)) and known["visits"] > state["visits"]:
                self.result.stale[key] = known["visits"]
        if self.last_seen is not None:
            self.last_seen.remove(key for key in observed if key not in self.result.refused)

    def _update_unchanged(
        self, keys: Sequence[str], states: Mapping[str, Document], stored: StoredStories, now: datetime
    ) -> list[str]:
        """Update the stories that are still as they were read, each by the fields that change. Return the others.

        These fields are a fraction of an update pipeline, which holds for whatever is stored, and cost the server less.
        """
        known = ((key, stored.get(key)) for key in keys)
        found = {key: direct_update(self.observations[key], states.get(key), story, now) for key, story in known}
        direct = {key: update for key, update in found.items() if update}
        matched: list[int] = []
        operations = [UpdateOne(where, changed) for where, changed in direct.values()]
        errors = bulk_write(self.db["stories"], operations, matched=matched)
        if not errors and sum(matched) == len(direct):
            return [key for key in keys if key not in direct]
        return list(keys)  # which of them another writer has written cannot be told; to update twice changes nothing

    def _sort_observations(self, states: Mapping[str, Document], stored: StoredStories) -> list[str]:
        """Return the stored stories to be updated; the others were only seen again, which is noted."""
        updated: list[str] = []
        only_seen = LastSeen()
        for key, observation in self.observations.items():
            story = stored[key]
            if story is None:
                continue
            if key in states or is_new_information(observation, story):
                updated.append(key)
            elif sighting := new_sighting(observation, story):
                (only_seen if self.last_seen is None else self.last_seen).add(key, sighting)
            if observation.first <= story["first_seen"]:  # it may have been visited since it was looked up
                self.result.earlier.add(key)
            if key in states and not story["visits"]:
                visit = states[key]["last_visit"]
                self.result.new_stubs -= visit["crawl"] == story["discovered"]["crawl"]
        flush_last_seen(self.db, only_seen.all())
        return updated

    def _add_sightings(self, keys: Iterable[str]) -> None:
        """Add to the observations of stories what is noted of these: it is written with them."""
        for key in keys:
            if self.last_seen is not None and (sighting := self.last_seen.get(key)):
                self.observations[key].add_sighting(sighting)

    def _insert_stories(self, keys: Sequence[str], states: Mapping[str, Document], now: datetime) -> list[str]:
        """Insert stories that are not stored. Return those that another writer inserted meanwhile."""
        documents = [{"_id": key, **new_story(self.observations[key], states.get(key), now)} for key in keys]
        errors = bulk_write(self.db["stories"], [InsertOne(document) for document in documents])
        self.result.added_stories += len(keys) - len(errors)
        new = (document for index, document in enumerate(documents) if index not in errors)
        self.known.remember(document for document in new if document["_id"] not in states)
        self.result.new_stubs += sum(key not in states for index, key in enumerate(keys) if index not in errors)
        present = []
        for index, (code, message) in errors.items():
            if code == DUPLICATE_KEY:
                present.append(keys[index])
                self.result.earlier.add(keys[index])
            else:
                self.result.refused[keys[index]] = message
        return present

    # --- links

    def write_links(self, visited: Mapping[str, VisitedStory], now: datetime) -> None:
        """Write links, and when pages showed lists."""
        for name in ("links", "page_lists"):
            inserts: list[Document] = []
            updates: list[Document] = []
            for key, story in visited.items():
                history = story.history
                for end, link in history.links.items():
                    is_list = "list" in link.latest
                    if is_list != (name == "page_lists") or not self._is_written(end, history, is_list=is_list):
                        continue
                    document = (page_list_document if is_list else link_document)(key, end, link, history.visits, now)
                    if not is_list:
                        self.result.links.add((key, end[0]))
                    # Derived from one visit it is new, or written by one who knew more. An insert is far the cheaper.
                    (updates if self.is_rederiving or history.visits > 1 else inserts).append(document)
            new = self._write_edges(name, inserts, updates)
            if not self.is_rederiving:
                self.result.new_links += self._count_links(new, visited) if name == "page_lists" else len(new)

    def _write_edges(self, name: str, inserts: list[Document], updates: list[Document]) -> list[Document]:
        """Write documents of `links` or `page_lists`. Return those that were not stored."""
        errors = bulk_write(self.db[name], [InsertOne(link) for link in inserts])
        new = [link for index, link in enumerate(inserts) if index not in errors]
        refused = [message for code, message in errors.values() if code != DUPLICATE_KEY]
        for _ in range(2):  # two upserts at once: the second finds the document of the first
            upserted: list[int] = []
            operations = [UpdateOne(_place_of(name, link), link_update(link), upsert=True) for link in updates]
            errors = bulk_write(self.db[name], operations, upserted)
            new += [updates[index] for index in upserted]
            updates = [updates[index] for index, (code, _) in errors.items() if code == DUPLICATE_KEY]
            refused += [message for code, message in errors.values() if code != DUPLICATE_KEY]
        if refused:
            raise StoreError(f"links that the visits' validator let through were refused: {refused[0]}")
        return new

    def _count_links(self, new: Sequence[Document], visited: Mapping[str, VisitedStory]) -> int:
        """Count the links that lists which a page shows for the first time add to those that it had before."""
        added: dict[tuple[str, str], set[str]] = {}
        for row in new:
            added.setdefault((row["story"], row["kind"]), set()).add(row["list"])
        had = {
            (key, kind): {name for name, other in visited[key].history.links if other == kind} - names
            for (key, kind), names in added.items()
        }
        lists = dict(self.lists)
        unread = {name for names in (*added.values(), *had.values()) for name in names} - lists.keys()
        lists |= stored_lists(self.db, unread)

        def targets(names: Iterable[str], key: str) -> set[str]:
            return {link["to"] for name in names if name in lists for link in lists[name]["links"]} - {key}

        return sum(len(targets(names, end[0]) - targets(had[end], end[0])) for end, names in added.items())

    def _is_written(self, end: tuple[str, str], history: StoryHistory, *, is_list: bool) -> bool:
        if self.only_lists:
            return is_list
        if self.is_rederiving:
            return self.only_links_to is None or (end[0] in self.only_links_to and not is_list)
        return end in history.touched_links


def _place_of(name: str, edge: Document) -> Document:
    """Return the filter of a document of `links` or `page_lists`: its id, and by what it may be sharded."""
    page = "from" if name == "links" else "story"
    return {"_id": edge["_id"], page: edge[page]}


def write_projection(
    db: Database[Document],
    observations: Mapping[str, Observation],
    visits: Mapping[str, Document],
    *,
    stored: StoredStories | None = None,
    last_seen: LastSeen | None = None,
    lists: Mapping[str, Document] | None = None,
    known: KnownStories | None = None,
) -> ProjectionResult:
    """Write what follows from visits that are stored.

    Args:
        db: the database.
        observations: what the visits show of the existence of stories.
        visits: the visits, by id.
        stored: stories that were read already.
        last_seen: takes observations that show no more than that a story was seen again; None writes them.
        lists: lists that need not be read again, by id.
        known: takes what was read and written of stories that were not visited.
    """
    projection = _Projection(db, observations, stored or {}, last_seen, lists or {}, known or KnownStories())
    projection.write(dict.fromkeys(visit["story"] for visit in visits.values()), visits)
    return projection.result


def rederive(db: Database[Document], stories: Iterable[str], *, to: Collection[str] | None = None) -> LinkEnds:
    """Derive stories and their links anew from their visits.

    Args:
        db: the database.
        stories: keys.
        to: write only the links to these; None for all.

    Returns: the links that were written.
    """
    projection = _Projection(db, is_rederiving=True, only_links_to=to)
    for keys in chunks(stories):
        projection.write(keys, {})
    return projection.result.links


def write_page_lists(db: Database[Document], stories: Iterable[str]) -> None:
    """Write when the pages of stories showed lists, and nothing else."""
    projection = _Projection(db, is_rederiving=True, only_lists=True)
    for keys in chunks(stories):
        projection.write_links(read_visited_stories(db, keys, {}, is_whole=True), datetime.now(UTC))


def look_up_stories(db: Database[Document], keys: Iterable[str]) -> StoredStories:
    """Read those fields of stories that observations are compared with."""
    found: StoredStories = dict.fromkeys(keys)
    for chunk in chunks(list(found)):
        found.update((story["_id"], story) for story in db["stories"].find({"_id": {"$in": chunk}}, COMPARED_FIELDS))
    return found
