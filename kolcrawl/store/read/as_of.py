"""Reading the network as it was seen at a moment, or by one crawl: rebuilt from `visits` and `revisions`.

`AsOfReader` answers the calls of `Reader`. What follows from the visits to a story is said once, in `derive`, which
the writer uses as well: the network as of now and the live one are the same. What is known today about *identity*
is kept: a story merged since appears as its canonical story, and copies are found by the texts of today.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from pymongo import ASCENDING

from kolcrawl.store.bulk import chunks
from kolcrawl.store.history.histories import observations, read_histories, start_walk, walk_on, with_listed_links
from kolcrawl.store.read.listed_links import fill_visits, links_to, stored_lists
from kolcrawl.store.read.reader import MAX_MERGE_STEPS, Reader, StoryFilter, link_order
from kolcrawl.store.read.set_back import PastObservation, links_then, set_back_content, set_back_observed, was_unread

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.derive import StoryHistory
    from kolcrawl.store.read.records import Link, Story


class AsOfReader(Reader):
    """Streams over the network as its visits up to a moment, or those of one crawl, or both, saw it."""

    def __init__(self, db: Database[Document], moment: datetime | None, crawl: str | None) -> None:
        """Read a database.

        Args:
            moment: None for now; of a crawl, for its end.
            crawl: whose stories and links are shown, as they were known then from all crawls; None for all.
        """
        super().__init__(db)
        if moment is None and crawl is not None:
            run = db.crawls.find_one({"_id": crawl}, {"finished_at": 1}) or {}
            moment = run.get("finished_at")
        self.moment = moment
        self.crawl = crawl
        self._kept: dict[str, list[Document]] = {}
        """What is kept of removed visits to the stories whose visits were read last."""
        self._until: Document = {"at": {"$lte": moment}} if moment else {}
        self._seen: Document = ({"at": {"$lte": moment}} if moment else {}) | ({"crawl": crawl} if crawl else {})

    # --- stories

    def stories(self, where: StoryFilter, *, with_text: bool = True) -> Iterator[Story]:
        """Yield the stories that a filter lets through as they were then, in the order of their keys."""
        seen: Document = {"status": {"$ne": "merged"}, "first_seen": {"$lte": self.moment}}
        seen |= {"site": {"$in": list(where.sites)}} if where.sites else {}
        keys = self._keys_of(seen) if self._keys is None else sorted(self._keys)
        return (story for story in self.by_keys(keys, with_text=with_text) if where.matches(story))

    def by_keys(self, keys: Iterable[str], *, with_text: bool = True) -> Iterator[Story]:
        """Yield stories by key as they were then; those not seen yet, or not by the crawl, are passed over."""
        return self._set_back(
            story
            for story in super().by_keys(keys, with_text=with_text)
            if story["status"] == "merged"
            or (
                (self.moment is None or story["first_seen"] <= self.moment)
                and (self._keys is None or story["_id"] in self._keys)
            )
        )

    def first_titles(self) -> dict[str, str]:
        """Read the title that each story had at first, of those that had been retitled by then."""
        return self._first_titles(self._until)

    def _set_back(self, stories: Iterable[Story]) -> Iterator[Story]:
        """Set stories as they are now back to the moment."""
        if self.moment is None:
            yield from stories
            return
        for batch in chunks(stories):
            keys = [story["_id"] for story in batch if story["status"] != "merged"]
            visits = self._visits({"links": 0, "lists": 0}, keys, self._until)
            then = self._histories(keys, visits)
            later = self._later_revisions(keys)
            unread = [story["_id"] for story in batch if was_unread(story, then)]
            titles = dict.fromkeys(unread) | self._first_anchors(unread)
            leaders = self._leaders_then(batch)
            seen_later = [story["_id"] for story in batch if story["last_seen"] > self.moment]
            observed = self._observations_by_links(seen_later)
            for story in batch:
                key = story["_id"]
                if story["status"] != "merged":
                    set_back_content(story, then.get(key), later.get(key), titles)
                    story["group"] = leaders.get(story["group"], story["group"])
                    if story["group"] == key:
                        story["copy_of"] = None
                    if story["last_seen"] > self.moment:  # else nothing was observed of it since
                        own = [PastObservation(visit["at"], visit.get("depth")) for visit in visits.get(key, ())]
                        own += [
                            PastObservation(kept["latest"]["at"], kept["depth"]) for kept in self._kept.get(key, ())
                        ]
                        set_back_observed(story, then.get(key), own, observed.get(key, ()), self.moment)
                yield story

    def _later_revisions(self, keys: list[str]) -> dict[str, Document]:
        """Return the first revision after the moment, by story: it holds the text of before."""
        later: dict[str, Document] = {}
        where = {"story": {"$in": keys}, "at": {"$gt": self.moment}}
        for revision in self.db.revisions.find(where).sort("at", ASCENDING):
            later.setdefault(revision["story"], revision)
        return later

    def _first_anchors(self, keys: list[str]) -> dict[str, str]:
        """Return the text of the first link to each story by then: the title of one whose page has not been read."""
        links = list(
            self.db.links.find(
                {"first_seen": {"$lte": self.moment}, "to": {"$in": keys}},
                {"to": 1, "from": 1, "kind": 1, "anchor": 1, "first_seen": 1},
            )
        )
        links += self._listed_links(keys)
        first: dict[str, Document] = {}
        for link in sorted(links, key=lambda link: (link["first_seen"], *link_order(link | {"position": 0}))):
            first.setdefault(link["to"], link)
        anchors = {key: link["anchor"] for key, link in first.items()}  # as at its latest observation
        where = {
            "story": {"$in": sorted({link["from"] for link in first.values()})},
            "at": {"$in": sorted({link["first_seen"] for link in first.values()})},
        }
        visits = list(self.db.visits.find(where, {"story": 1, "at": 1, "links": 1, "lists": 1}))
        fill_visits(self.db, visits)
        for visit in visits:
            for seen in visit["links"]:
                link = first.get(seen["to"], {})
                if (link.get("from"), link.get("first_seen"), link.get("kind")) == (
                    visit["story"],
                    visit["at"],
                    seen["kind"],
                ):
                    anchors[seen["to"]] = seen["anchor"]
        return anchors

    def _observations_by_links(self, keys: list[str]) -> dict[str, list[PastObservation]]:
        """Return what pages that were read by then show of the stories that they link to."""
        observed: dict[str, list[PastObservation]] = {}
        if not keys:
            return observed
        asked = set(keys)
        sources = {link["from"] for batch in chunks(keys) for link in self._known_links(batch)}
        for batch in chunks(sorted(sources)):
            found = self._visits({}, batch)
            lists = stored_lists(self.db, {row["list"] for key in batch for row in self._removed_lists(key)})
            for source in batch:
                kept = (observations(history, lists) for history in self._kept.get(source, ()))
                for visit in chain(found.get(source, ()), *kept):
                    for link in visit["links"] if visit["outcome"] == "fetched" else ():
                        if link["to"] in asked and link["to"] != source:
                            depth = visit.get("depth")
                            seen = PastObservation(visit["at"], None if depth is None else depth + 1, link.get("topic"))
                            observed.setdefault(link["to"], []).append(seen)
        return observed

    def _known_links(self, keys: list[str]) -> Iterable[Document]:
        yield from self.db.links.find({"first_seen": {"$lte": self.moment}, "to": {"$in": keys}}, {"from": 1})
        yield from self._listed_links(keys)

    def _listed_links(self, keys: list[str]) -> Iterable[Document]:
        moment = cast("datetime", self.moment)
        return (link for link in links_to(self.db, keys) if link["first_seen"] <= moment)

    def _leaders_then(self, stories: Iterable[Story]) -> dict[str, str]:
        """Return the groups whose leader was not known yet, with the earliest member that was."""
        groups = {story["group"] for story in stories if story["group"] != story["_id"]}
        if not groups:
            return {}
        where = {"group": {"$in": sorted(groups)}, "status": {"$ne": "merged"}, "first_seen": {"$lte": self.moment}}
        known = list(self.db.stories.find(where, {"group": 1, "published_at": 1, "first_seen": 1}))
        led = {doc["_id"] for doc in known}
        known.sort(key=lambda doc: (doc["published_at"] or doc["first_seen"], doc["first_seen"], doc["_id"]))
        return {doc["group"]: doc["_id"] for doc in reversed(known) if doc["group"] not in led}

    # --- links

    def links_out(self, keys: Iterable[str], kinds: Sequence[str] = ()) -> Iterator[Link]:
        """Yield the links from stories as they were then."""
        for batch in chunks(keys):
            then = self._histories(batch, self._visits({}, batch))
            for key in batch:
                links = links_then(key, then[key]) if key in then else []
                yield from (link for link in sorted(links, key=link_order) if not kinds or link["kind"] in kinds)

    def links_in(self, keys: Iterable[str], kinds: Sequence[str] = ()) -> Iterator[Link]:
        """Yield the links to stories as they were then."""
        for batch in chunks(keys):
            sources = sorted({link["from"] for link in super().links_in(batch, kinds)})
            by_key: dict[str, list[Link]] = {key: [] for key in batch}
            for link in self.links_out(sources, kinds):
                if link["to"] in by_key:
                    by_key[link["to"]].append(link)
            for key in batch:
                yield from sorted(by_key[key], key=lambda link: (*link_order(link)[:3], link["from"]))

    # --- visits and identity

    def _visits(
        self, fields: Mapping[str, int], keys: Iterable[str], seen: Mapping[str, Any] | None = None
    ) -> dict[str, list[Document]]:
        """Return the visits of then, by story; those of a merged story count for its canonical story.

        Args:
            fields: a projection.
            keys: of the stories.
            seen: which visits; None for those of the moment and the crawl.
        """
        asked = [old for key in keys for old in (key, *self._merged.get(key, ()))]
        visits: dict[str, list[Document]] = {}
        found = list(
            self.db.visits.find(
                {"story": {"$in": asked}, **(self._seen if seen is None else seen)}, {"unapplied": 0, **fields}
            )
        )
        fill_visits(self.db, found)
        for visit in found:
            visit["links"] = [link | {"to": self._canonical_key(link["to"])} for link in visit["links"]]
            visits.setdefault(self._canonical_key(visit["story"]), []).append(visit)
        self._kept = read_histories(self.db, asked) if self.crawl is None or seen is not None else {}
        for key in [key for key in self._kept if self._canonical_key(key) != key]:
            self._kept.setdefault(self._canonical_key(key), []).extend(self._kept.pop(key))
        return visits

    def _removed_lists(self, key: str) -> Iterable[Document]:
        return chain.from_iterable(history["lists"] for history in self._kept.get(key, ()))

    def _histories(self, keys: Sequence[str], visits: Mapping[str, Sequence[Document]]) -> dict[str, StoryHistory]:
        """Return what follows from visits that were just read, and from what is kept of those removed, by story."""
        lists = stored_lists(self.db, {row["list"] for key in keys for row in self._removed_lists(key)})
        found = {}
        for key in keys:
            kept = [with_listed_links(history, lists) for history in self._kept.get(key, ())]
            for link in chain.from_iterable(history["links"] for history in kept):
                link["to"] = self._canonical_key(link["to"])
            walk = start_walk(key, kept)
            walk_on(walk, kept, visits.get(key, ()))
            if walk.visits:
                found[key] = walk.history()
        return found

    @cached_property
    def _keys(self) -> set[str] | None:
        """Return the stories that the crawl visited or saw linked; None without a crawl."""
        if self.crawl is None:
            return None
        keys: set[str] = set()
        confirmed: set[str] = set()
        lists: set[str] = set()
        found = self.db.visits.find(self._seen, {"story": 1, "links.to": 1, "lists": 1, "confirms": 1})
        for visit in chain(found, self._confirmed(confirmed)):
            keys.add(self._canonical_key(visit["story"]))
            keys.update(self._canonical_key(link["to"]) for link in visit.get("links", ()))
            lists.update(entry["list"] for entry in visit.get("lists") or ())
            confirmed.update(filter(None, [visit.get("confirms")]))
        for row in stored_lists(self.db, lists).values():
            keys.update(self._canonical_key(link["to"]) for link in row["links"])
        return keys

    def _confirmed(self, names: Collection[str]) -> Iterator[Document]:
        """Yield visits by id; the names are read when the first is asked for."""
        for chunk in chunks(names):
            yield from self.db.visits.find({"_id": {"$in": chunk}}, {"story": 1, "links.to": 1, "lists": 1})

    @cached_property
    def _merged_into(self) -> dict[str, str]:
        """Return each merged key with the key that it was merged into."""
        merged = self.db.stories.find({"status": "merged"}, {"merged_into": 1})
        return {doc["_id"]: doc["merged_into"] for doc in merged}

    @cached_property
    def _merged(self) -> dict[str, list[str]]:
        merged: dict[str, list[str]] = {}
        for key in self._merged_into:
            merged.setdefault(self._canonical_key(key), []).append(key)
        return merged

    def _canonical_key(self, key: str) -> str:
        for _ in range(MAX_MERGE_STEPS):
            if key not in self._merged_into:
                break
            key = self._merged_into[key]
        return key
