"""Writing what follows from the visits to some stories: their state, their links, their earlier versions.

How the pieces stay true together is said in `apply`, which writes the visits themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pymongo import InsertOne, UpdateOne

from kolcrawl.errors import StoreError
from kolcrawl.store.bulk import DUPLICATE, bulk, chunks
from kolcrawl.store.derive import History, derive
from kolcrawl.store.write.documents import link_document, link_update, revision_document, revision_update
from kolcrawl.store.write.last_seen import LastSeen, flush_last_seen
from kolcrawl.store.write.story_updates import COMPARED, is_news, new_story, state_update, story_state, story_update

if TYPE_CHECKING:
    from pymongo.database import Database

    from kolcrawl.store.write.story_updates import Sighting

Document = dict[str, Any]
Ends = set[tuple[str, str]]
"""From and to of links."""
Stored = dict[str, Document | None]
"""By key, some fields of stories; None for one that is not stored."""

MAX_ROUNDS: Final = 10
MAX_LOOKS: Final = 3
"""A text that another writer moves while it is looked for may be missed once."""


@dataclass(slots=True)
class Written:
    """What a round of writing did."""

    refused: dict[str, str] = field(default_factory=dict)
    """By story key, why the database refused the story."""
    new_stories: int = 0
    new_stubs: int = 0
    """Stories newly known from a link alone, less those of the same crawl that now were visited."""
    new_links: int = 0
    ends: Ends = field(default_factory=set)
    """Links that were written."""
    earlier: set[str] = field(default_factory=set)
    """Stories that turned out to have been there earlier than was known: among copies, the earliest leads."""


def write_effects(
    db: Database[Document],
    seen: Mapping[str, Sighting],
    stories: Iterable[str],
    mine: Mapping[str, Document],
    *,
    stored: Stored | None = None,
    last_seen: LastSeen | None = None,
) -> Written:
    """Write what follows from visits that are stored.

    Args:
        seen: what they tell of stories being there.
        stories: keys of the stories visited.
        mine: visits at hand, by id, so that they need not be read again.
        stored: stories at hand, likewise.
        last_seen: takes observations that tell no more than that a story was seen again; None writes them.
    """
    written = Written()
    keys = list(stories)
    for _ in range(MAX_ROUNDS):
        keys = _write_round(db, read_histories(db, keys, mine), seen, written, stored=stored, last_seen=last_seen)
        if not keys:
            break
        stored = None
    return written


def look_up(db: Database[Document], keys: Iterable[str]) -> Stored:
    """What is stored of stories, as far as it is compared with what is seen."""
    found: Stored = dict.fromkeys(keys)
    for chunk in chunks(list(found)):
        found.update((story["_id"], story) for story in db["stories"].find({"_id": {"$in": chunk}}, COMPARED))
    return found


def rederive(db: Database[Document], stories: Iterable[str], *, to: Collection[str] | None = None) -> Ends:
    """Derive stories and their links anew from their visits.

    Args:
        to: write only the links to these; None for all.
    Returns: the links that were written.
    """
    written = Written()
    for keys in chunks(stories):
        for _ in range(MAX_ROUNDS):
            keys = _write_round(db, read_histories(db, keys, {}), {}, written, to=to, anew=True)
            if not keys:
                break
    return written.ends


@dataclass(slots=True)
class Known:
    """A story's visits as read, and what follows from them."""

    rows: dict[str, Document]
    history: History


def read_histories(db: Database[Document], keys: Iterable[str], mine: Mapping[str, Document]) -> dict[str, Known]:
    rows: dict[str, dict[str, Document]] = {}
    for visit in mine.values():
        rows.setdefault(visit["story"], {})[visit["_id"]] = visit
    keys = list(keys)
    for chunk in chunks(keys):
        at_hand = [name for key in chunk for name in rows.get(key, ())]
        others = {"story": {"$in": chunk}, "_id": {"$nin": at_hand}}
        for visit in db["visits"].find(others, {"bytes": 0, "elapsed_ms": 0, "url": 0}):
            rows.setdefault(visit["story"], {})[visit["_id"]] = visit
    return {key: Known(rows[key], derive(key, rows[key].values())) for key in keys if key in rows}


def _write_round(
    db: Database[Document],
    histories: dict[str, Known],
    seen: Mapping[str, Sighting],
    written: Written,
    *,
    stored: Stored | None = None,
    last_seen: LastSeen | None = None,
    to: Collection[str] | None = None,
    anew: bool = False,
) -> list[str]:
    """One round of writing. Returns: stories to which visits came in meanwhile, where that matters."""
    told = {
        name: visit["unapplied"]
        for known in histories.values()
        for name, visit in known.rows.items()
        if "unapplied" in visit
    }
    changed = _write_revisions(db, histories, told)
    now = datetime.now(UTC)
    states = {key: story_state(key, known.history, told) for key, known in histories.items()}
    _write_stories(db, seen, states, now, written, stored or {}, last_seen)
    right = {key: known for key, known in histories.items() if key not in written.refused}
    _write_links(db, right, now, written, to=to, anew=anew)
    return _drop_revisions(db, {key: right[key] for key in changed if key in right})


# --- stories and links


def _write_stories(
    db: Database[Document],
    seen: Mapping[str, Sighting],
    states: Mapping[str, Document],
    now: datetime,
    written: Written,
    at_hand: Stored,
    last_seen: LastSeen | None,
) -> None:
    news: list[str] = []
    once_more = LastSeen()
    stored = at_hand | look_up(db, [key for key in seen if key not in at_hand])
    for key, sighting in seen.items():
        story = stored[key]
        if story is None:
            continue
        if key in states or is_news(sighting, story):
            news.append(key)
        elif sighting.last > story["last_seen"]:
            (once_more if last_seen is None else last_seen).add(key, sighting.last)
        if sighting.first <= story["first_seen"]:  # it may have been visited since it was looked up
            written.earlier.add(key)
        if key in states and not story["visits"]:
            visit = states[key]["last_visit"]
            written.new_stubs -= visit["crawl"] == story["discovered"]["crawl"]
    fresh = [key for key in seen if stored[key] is None]
    errors = bulk(
        db["stories"], [InsertOne({"_id": key, **new_story(seen[key], states.get(key), now)}) for key in fresh]
    )
    written.new_stories += len(fresh) - len(errors)
    written.new_stubs += sum(key not in states for index, key in enumerate(fresh) if index not in errors)
    for index, (code, said) in errors.items():
        if code == DUPLICATE:
            news.append(fresh[index])  # another writer was faster
            written.earlier.add(fresh[index])
        else:
            written.refused[fresh[index]] = said
    updates = {key: story_update(seen[key], states.get(key), now) for key in news} | {
        key: state_update(state, now) for key, state in states.items() if key not in seen
    }
    errors = bulk(db["stories"], [UpdateOne({"_id": key}, update) for key, update in updates.items()])
    flush_last_seen(db, once_more.all())
    keys = list(updates)
    written.refused |= {keys[index]: said for index, (_, said) in errors.items()}
    if last_seen is not None:
        for key in news:
            if key not in written.refused:
                last_seen.discard(key, seen[key].last)


def _write_links(
    db: Database[Document],
    histories: Mapping[str, Known],
    now: datetime,
    written: Written,
    *,
    to: Collection[str] | None,
    anew: bool,
) -> None:
    fresh: list[Document] = []
    updates: list[Document] = []
    for key, known in histories.items():
        history = known.history
        for end, link in history.links.items():
            if (to is not None and end[0] not in to) if anew else end not in history.fresh:
                continue
            document = link_document(key, end, link, history.visits, now)
            written.ends.add((key, end[0]))
            # Derived from one visit it is new, or written by one who knew more. An insert is far the cheaper.
            (updates if anew or history.visits > 1 else fresh).append(document)
    errors = bulk(db["links"], [InsertOne(link) for link in fresh])
    written.new_links += len(fresh) - len(errors)
    refused = [said for code, said in errors.values() if code != DUPLICATE]
    for _ in range(2):  # two upserts at once: the second finds the document of the first
        made: list[int] = []
        operations = [UpdateOne({"_id": link["_id"]}, link_update(link), upsert=True) for link in updates]
        errors = bulk(db["links"], operations, made)
        written.new_links += 0 if anew else len(made)
        updates = [updates[index] for index, (code, _) in errors.items() if code == DUPLICATE]
        refused += [said for code, said in errors.values() if code != DUPLICATE]
    if refused:
        raise StoreError(f"links that the visits' validator let through were refused: {refused[0]}")


# --- revisions


def _write_revisions(db: Database[Document], histories: Mapping[str, Known], told: Mapping[str, Document]) -> set[str]:
    """Write the earlier versions. Returns: stories that have any.

    A version's text may be nowhere but in one revision. So a version that a visit in between moves to another
    revision is inserted there before the first is changed, and none derived from fewer visits (`basis`) replaces it.
    """
    changed = [key for key, known in histories.items() if known.history.changes]
    if not changed:
        return set()
    texts = _texts(db, changed, histories, told)
    stored: dict[str, Document] = {}
    for keys in chunks(changed):
        for revision in db["revisions"].find({"story": {"$in": keys}}, {"content_hash": 1, "changed": 1}):
            stored[revision["_id"]] = revision
    fresh: list[Document] = []
    differing: list[Document] = []
    for key in changed:
        for change in histories[key].history.changes:
            known = stored.get(change.visit["_id"])
            if known and (known["content_hash"], known["changed"]) == (change.before["content_hash"], change.changed):
                continue
            text = texts.get((key, change.before["content_hash"]))
            revision = revision_document(key, change, text, histories[key].history.visits)
            (differing if known else fresh).append(revision)
    errors = bulk(db["revisions"], [InsertOne(revision) for revision in fresh])
    differing += [fresh[index] for index, (code, _) in errors.items() if code == DUPLICATE]
    updates = [UpdateOne({"_id": row["_id"]}, revision_update(row), upsert=True) for row in differing]
    bulk(db["revisions"], updates)
    return set(changed)


def _texts(
    db: Database[Document],
    keys: Sequence[str],
    histories: Mapping[str, Known],
    told: Mapping[str, Document],
) -> dict[tuple[str, str], str | None]:
    """Text by story and content hash. Looked for in the order in which texts move: visit, story, revision."""
    texts: dict[tuple[str, str], str | None] = {}
    for key in keys:
        for name in histories[key].rows:
            content = told.get(name, {}).get("content")
            if content:
                texts[key, content["content_hash"]] = content["text"]
    wanted = {(key, change.before["content_hash"]) for key in keys for change in histories[key].history.changes}
    for _ in range(MAX_LOOKS):
        missing = wanted - texts.keys()
        if not missing:
            break
        for place, name in (("stories", "_id"), ("revisions", "story")):
            for chunk in chunks(dict.fromkeys(key for key, _ in missing)):
                fields = {name: 1, "content_hash": 1, "text": 1}
                for row in db[place].find({name: {"$in": chunk}, "text": {"$ne": None}}, fields):
                    texts.setdefault((row[name], row["content_hash"]), row["text"])
    return texts


def _drop_revisions(db: Database[Document], histories: Mapping[str, Known]) -> list[str]:
    """Remove revisions that a visit in between has made untrue. Returns: stories with yet newer visits."""
    if not histories:
        return []
    for key, known in histories.items():
        true = [change.visit["_id"] for change in known.history.changes]
        # a revision of one who knew more visits may hold the only copy of a text
        known_to_all = {"basis": {"$not": {"$gt": known.history.visits}}}
        db["revisions"].delete_many({"story": key, "_id": {"$nin": true}, **known_to_all})
    moved = []
    for key, known in histories.items():
        if db["visits"].count_documents({"story": key}) != known.history.visits:
            moved.append(key)
    return moved
