"""Writing visits and all that follows from them, so that it is right after any crash, replay or race.

Door: `apply_visits`. How it holds together:

1. A visit is inserted first, whole, with everything it found in its `unapplied` part: a log written ahead. What
   follows from it (stories, links, revisions) is then derived from the *set* of visits to the story (`derive`) and
   written; last, `unapplied` is taken out. A process that dies in between leaves the visit marked, and
   `recover` (run at the start of a crawl) or the next visit to the story finishes the work. A visit that is stored
   and not marked is done: writing it again is a no-op.
2. Of two writers that derive at the same time, the one that knew more visits is right: its number of visits goes
   with what it writes (`visits` of a story, `basis` of a link), and nothing derived from fewer replaces it. The
   writer whose visit was inserted last reads after all others were inserted, hence knows all.
3. What is no function of the visits of one story (first and last seen, depth, how it was found) joins by least
   and greatest, which neither order nor repetition can change.
4. Earlier texts move from the visit to the story to `revisions`, each copy made before the other goes; a writer that
   changed revisions looks again whether visits came in meanwhile, and if so repeats.

So counts need no increments and no transactions, and the cost of a write does not grow with the collection. A batch
takes some 8 round trips, whatever its size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import bson
from bson.errors import BSONError
from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from kolcrawl.errors import StoreError
from kolcrawl.store import identity
from kolcrawl.store.derive import READ, History, derive, visit_order
from kolcrawl.store.documents import (
    is_visit,
    join_sightings,
    link_document,
    link_update,
    new_story,
    state_update,
    story_state,
    story_update,
)
from kolcrawl.store.schema import SCHEMA

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from pymongo.database import Database

    from kolcrawl.store.documents import Sighting

Document = dict[str, Any]
Operation = InsertOne[Document] | UpdateOne | ReplaceOne[Document]

CHUNK: Final = 100
"""Keys in one `$in`: its cost grows with the square on the embedded server."""
MAX_BYTES: Final = 15_000_000
"""Of one visit with its text; MongoDB's limit is 16 MiB."""

MAX_ROUNDS: Final = 10

_DUPLICATE: Final = 11000
# what the document itself is to blame for: validator, size, bad value
_REFUSALS: Final = {2, 9, 14, 121, 10334, 17280, 17419}


@dataclass(slots=True)
class Applied:
    """What became of some visits."""

    refused: dict[str, str] = field(default_factory=dict)
    """By visit id, why the database refused it."""
    stories_refused: dict[str, str] = field(default_factory=dict)
    """By story key, why."""
    repeated: set[str] = field(default_factory=set)
    """Visits that had been written before."""
    new_stories: int = 0
    new_stubs: int = 0
    """Stories newly known from a link alone, less those of the same crawl that now were visited."""
    new_links: int = 0
    copies: int = 0
    merged: int = 0


def apply_visits(db: Database[Document], visits: Sequence[Document]) -> Applied:
    """Write visits and what follows from them.

    Args:
        visits: from `visit_document`; changed in place (keys that were merged become their survivors').
    Raises:
        pymongo.errors.PyMongoError: the server failed; calling again with the same visits is safe and needed.
    """
    applied = Applied()
    batch = {visit["_id"]: visit for visit in visits if _fits(visit, applied)}
    _resolve(db, batch.values())
    asked = {name: visit for name, visit in batch.items() if is_visit(visit)}
    _fill_unchanged(db, list(asked.values()))
    _insert(db, asked, applied)
    left = [visit for name, visit in batch.items() if name not in applied.refused and name not in applied.repeated]
    if left:
        _write(db, left, applied)
    return applied


def recover(db: Database[Document], limit: int = 50) -> int:
    """Finish what a process that died left half written.

    Safe while other crawls write: what they have in hand is derived twice to the same result.
    Returns: how many visits were finished.
    """
    done = 0
    while True:
        visits = list(db["visits"].find({"unapplied": {"$exists": True}}).limit(limit))
        if not visits:
            break
        _write(db, visits, Applied())
        done += len(visits)
    identity.settle_strays(db)
    return done


def rederive(db: Database[Document], stories: Iterable[str]) -> None:
    """Derive links, counts and status of stories anew from their visits, also what no new visit touches."""
    for keys in chunks(stories):
        _write_derived(db, _histories(db, keys, {}), {}, Applied(), whole=True)


def _fits(visit: Document, applied: Applied) -> bool:
    try:
        size = len(bson.encode(visit))
    except (BSONError, UnicodeEncodeError, OverflowError) as error:
        applied.refused[visit["_id"]] = f"cannot be encoded: {error}"
        return False
    if size > MAX_BYTES:
        applied.refused[visit["_id"]] = f"too large: {size} bytes"
        return False
    return True


def _resolve(db: Database[Document], visits: Iterable[Document]) -> None:
    """Let visits speak of survivors where they name stories that have been merged."""
    visits = list(visits)
    keys = {visit["story"] for visit in visits}
    keys.update(link["to"] for visit in visits for link in visit["links"])
    survivors = identity.survivors(db, keys)
    if not survivors:
        return
    for visit in visits:
        visit["story"] = survivors.get(visit["story"], visit["story"])
        for link in visit["links"]:
            link["to"] = survivors.get(link["to"], link["to"])
        for target in visit["unapplied"]["targets"]:
            target["key"] = survivors.get(target["key"], target["key"])


def _fill_unchanged(db: Database[Document], visits: Sequence[Document]) -> None:
    """Give visits that were answered `unchanged` the links and version of the visit they confirm."""
    waiting = [visit for visit in visits if visit["outcome"] == "unchanged"]
    if not waiting:
        return
    pages: dict[str, list[Document]] = {}
    for keys in chunks({visit["story"] for visit in waiting}):
        for page in db["visits"].find({"story": {"$in": keys}, "outcome": {"$in": list(READ)}}, {"unapplied": 0}):
            pages.setdefault(page["story"], []).append(page)
    for page in visits:
        if page["outcome"] == "fetched":
            pages.setdefault(page["story"], []).append(page)
    for visit in sorted(waiting, key=visit_order):
        known = sorted(pages.get(visit["story"], ()), key=visit_order)
        same_as = visit["unapplied"]["same_as"]
        earlier = [page for page in known if page["at"] <= visit["at"] and page["_id"] != visit["_id"]]
        base = next((page for page in earlier if page["at"] == same_as), earlier[-1] if earlier else None)
        if base:
            for name in ("content_hash", "text_hash", "title", "published_at", "links"):
                visit[name] = base.get(name)
            visit["links"] = list(visit["links"] or ())
        pages.setdefault(visit["story"], []).append(visit)


def _insert(db: Database[Document], visits: dict[str, Document], applied: Applied) -> None:
    """Insert visits; those that are there already and marked go on with what is stored."""
    names = list(visits)
    errors = _bulk(db["visits"], [InsertOne(visits[name]) for name in names])
    there = [names[index] for index, (code, _) in errors.items() if code == _DUPLICATE]
    applied.refused |= {names[index]: said for index, (code, said) in errors.items() if code != _DUPLICATE}
    for keys in chunks(there):
        for stored in db["visits"].find({"_id": {"$in": keys}}):
            if "unapplied" in stored:
                visits[stored["_id"]].clear()
                visits[stored["_id"]].update(stored)
            else:
                applied.repeated.add(stored["_id"])


def _write(db: Database[Document], visits: Sequence[Document], applied: Applied) -> None:
    """Write what follows from visits that are stored and marked."""
    mine = {visit["_id"]: visit for visit in visits if is_visit(visit)}
    seen = join_sightings(visits)
    keys = list(dict.fromkeys(visit["story"] for visit in mine.values()))
    for _ in range(MAX_ROUNDS):
        histories = _histories(db, keys, mine)
        keys = _write_derived(db, histories, seen, applied)
        if not keys:
            break
    _take_back(db, mine, applied)
    for visit in visits:
        if visit["_id"] not in applied.refused:
            applied.merged += identity.merge_known(db, visit)
    identity.settle_strays(db)
    for names in chunks(mine):
        db["visits"].update_many({"_id": {"$in": names}}, {"$unset": {"unapplied": 1}})


def _write_derived(
    db: Database[Document],
    histories: dict[str, _Known],
    seen: Mapping[str, Sighting],
    applied: Applied,
    *,
    whole: bool = False,
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
    states = {key: story_state(known.history, told) for key, known in histories.items()}
    _write_stories(db, seen, states, now, applied)
    right = {key: known for key, known in histories.items() if key not in applied.stories_refused}
    _write_links(db, right, now, applied, whole=whole)
    return _drop_revisions(db, {key: right[key] for key in changed if key in right})


@dataclass(slots=True)
class _Known:
    """A story's visits as read, and what follows from them."""

    rows: dict[str, Document]
    history: History


def _histories(db: Database[Document], keys: Iterable[str], mine: Mapping[str, Document]) -> dict[str, _Known]:
    rows: dict[str, dict[str, Document]] = {}
    for visit in mine.values():
        rows.setdefault(visit["story"], {})[visit["_id"]] = visit
    keys = list(keys)
    for chunk in chunks(keys):
        at_hand = [name for key in chunk for name in rows.get(key, ())]
        others = {"story": {"$in": chunk}, "_id": {"$nin": at_hand}}
        for visit in db["visits"].find(others, {"bytes": 0, "elapsed_ms": 0, "url": 0}):
            rows.setdefault(visit["story"], {})[visit["_id"]] = visit
    return {key: _Known(rows[key], derive(key, rows[key].values())) for key in keys if key in rows}


def _take_back(db: Database[Document], mine: dict[str, Document], applied: Applied) -> None:
    """Remove the visits of stories that the database refused: nothing half done may stay."""
    for name, visit in list(mine.items()):
        if visit["story"] in applied.stories_refused:
            applied.refused[name] = applied.stories_refused[visit["story"]]
            db["visits"].delete_one({"_id": name, "unapplied": {"$exists": True}})
            del mine[name]


# --- stories and links


def _write_stories(
    db: Database[Document],
    seen: Mapping[str, Sighting],
    states: Mapping[str, Document],
    now: datetime,
    applied: Applied,
) -> None:
    there: set[str] = set()
    for keys in chunks(seen):
        for story in db["stories"].find({"_id": {"$in": keys}}, {"visits": 1, "discovered.crawl": 1}):
            there.add(story["_id"])
            if story["_id"] in states and not story["visits"]:
                visit = states[story["_id"]]["last_visit"]
                applied.new_stubs -= visit["crawl"] == story["discovered"]["crawl"]
    fresh = [key for key in seen if key not in there]
    errors = _bulk(
        db["stories"], [InsertOne({"_id": key, **new_story(seen[key], states.get(key), now)}) for key in fresh]
    )
    applied.new_stories += len(fresh) - len(errors)
    applied.new_stubs += sum(key not in states for index, key in enumerate(fresh) if index not in errors)
    for index, (code, said) in errors.items():
        if code == _DUPLICATE:
            there.add(fresh[index])  # another writer was faster
        else:
            applied.stories_refused[fresh[index]] = said
    updates = {key: story_update(seen[key], states.get(key), now) for key in seen if key in there} | {
        key: state_update(state, now) for key, state in states.items() if key not in seen
    }
    errors = _bulk(db["stories"], [UpdateOne({"_id": key}, update) for key, update in updates.items()])
    keys = list(updates)
    applied.stories_refused |= {keys[index]: said for index, (_, said) in errors.items()}


def _write_links(
    db: Database[Document], histories: Mapping[str, _Known], now: datetime, applied: Applied, *, whole: bool
) -> None:
    fresh: list[Document] = []
    updates: list[Document] = []
    for key, known in histories.items():
        history = known.history
        for end, link in history.links.items():
            if not whole and end not in history.fresh:
                continue
            document = link_document(key, end, link, history.visits, now)
            # Derived from one visit it is new, or written by one who knew more. An insert is far the cheaper.
            (updates if whole or history.visits > 1 else fresh).append(document)
    errors = _bulk(db["links"], [InsertOne(link) for link in fresh])
    applied.new_links += len(fresh) - len(errors)
    refused = [said for code, said in errors.values() if code != _DUPLICATE]
    for _ in range(2):  # two upserts at once: the second finds the document of the first
        errors = _bulk(
            db["links"], [UpdateOne({"_id": link["_id"]}, link_update(link), upsert=True) for link in updates]
        )
        updates = [updates[index] for index, (code, _) in errors.items() if code == _DUPLICATE]
        refused += [said for code, said in errors.values() if code != _DUPLICATE]
    if refused:
        raise StoreError(f"links that the visits' validator let through were refused: {refused[0]}")


# --- revisions


def _write_revisions(db: Database[Document], histories: Mapping[str, _Known], told: Mapping[str, Document]) -> set[str]:
    """Write the earlier versions. Returns: stories that have any."""
    changed = [key for key, known in histories.items() if known.history.changes]
    if not changed:
        return set()
    texts = _texts(db, changed, histories, told)
    stored: dict[str, Document] = {}
    for keys in chunks(changed):
        for revision in db["revisions"].find({"story": {"$in": keys}}, {"content_hash": 1, "changed": 1}):
            stored[revision["_id"]] = revision
    operations: list[Operation] = []
    for key in changed:
        for change in histories[key].history.changes:
            before, name = change.before, change.visit["_id"]
            known = stored.get(name)
            if known and known["content_hash"] == before["content_hash"] and known["changed"] == change.changed:
                continue
            revision = {
                "schema": SCHEMA,
                "story": key,
                "crawl": change.visit["crawl"],
                "at": change.visit["at"],
                "changed": change.changed,
                "title": before["title"],
                "text": texts.get((key, before["content_hash"])),
                "content_hash": before["content_hash"],
                "published_at": before["published_at"],
            }
            operations.append(ReplaceOne({"_id": name}, revision, upsert=True))
    _bulk(db["revisions"], operations)
    return set(changed)


def _texts(
    db: Database[Document],
    keys: Sequence[str],
    histories: Mapping[str, _Known],
    told: Mapping[str, Document],
) -> dict[tuple[str, str], str | None]:
    """Text by story and content hash. Read in the order in which texts move: visit, story, revision."""
    texts: dict[tuple[str, str], str | None] = {}
    for key in keys:
        for name in histories[key].rows:
            content = told.get(name, {}).get("content")
            if content:
                texts[key, content["content_hash"]] = content["text"]
    for chunk in chunks(keys):
        for story in db["stories"].find({"_id": {"$in": chunk}}, {"content_hash": 1, "text": 1}):
            texts.setdefault((story["_id"], story["content_hash"]), story["text"])
    for chunk in chunks(keys):
        for revision in db["revisions"].find({"story": {"$in": chunk}}, {"story": 1, "content_hash": 1, "text": 1}):
            texts.setdefault((revision["story"], revision["content_hash"]), revision["text"])
    return texts


def _drop_revisions(db: Database[Document], histories: Mapping[str, _Known]) -> list[str]:
    """Remove revisions that a visit in between has made untrue. Returns: stories with yet newer visits."""
    if not histories:
        return []
    for key, known in histories.items():
        true = [change.visit["_id"] for change in known.history.changes]
        db["revisions"].delete_many({"story": key, "_id": {"$nin": true}})
    moved = []
    for key, known in histories.items():
        if db["visits"].count_documents({"story": key}) != known.history.visits:
            moved.append(key)
    return moved


# --- small tools


def chunks(keys: Iterable[str], size: int = CHUNK) -> Iterator[list[str]]:
    """Keys in lists that are short enough for `$in`."""
    rest = iter(keys)
    while chunk := list(islice(rest, size)):
        yield chunk


def _bulk(collection: Collection[Document], operations: Sequence[Operation]) -> dict[int, tuple[int, str]]:
    """Write unordered. Returns: by index of a refused operation, code and message.

    Raises:
        pymongo.errors.PyMongoError: something failed that is not the documents' fault.
    """
    if not operations:
        return {}
    try:
        collection.bulk_write(operations, ordered=False)
    except BulkWriteError as error:
        failed = error.details["writeErrors"]
        others = [entry for entry in failed if entry["code"] not in _REFUSALS | {_DUPLICATE}]
        if others or error.details.get("writeConcernErrors"):
            raise
        return {entry["index"]: (entry["code"], entry["errmsg"]) for entry in failed}
    return {}
