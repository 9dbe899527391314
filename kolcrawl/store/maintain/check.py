"""Verifying every promise of the contract on a live database: what `scrapy check-store` runs.

Stories are read a chunk at a time with their visits, links and revisions, so memory does not grow with the collection;
only where the totals do not add up is a collection searched for documents without a story. Nothing is changed. Crawls
may be writing meanwhile: what looks wrong is checked again after a moment, and only what is still wrong is reported.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.errors import StoreError
from kolcrawl.store.bulk import KEYS_PER_QUERY, WORKED_ROWS, chunks
from kolcrawl.store.copies.fingerprints import find_fingerprints
from kolcrawl.store.copies.grouping import placement_faults
from kolcrawl.store.derive import complete_visits
from kolcrawl.store.history.histories import read_histories
from kolcrawl.store.maintain.check_folds import fold_faults, walk_of
from kolcrawl.store.maintain.check_lists import confirmation_faults, list_faults
from kolcrawl.store.maintain.forget import FORGETTING
from kolcrawl.store.maintain.mend_merges import suspicious_merges
from kolcrawl.store.maintain.mend_notices import stories_with_notices
from kolcrawl.store.merge.rekey import rules_differ
from kolcrawl.store.schema import COLLECTIONS, INDEXES, SCHEMA, validator
from kolcrawl.store.write.runs import is_running
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.derive import VisitWalk

RECHECK_SECONDS: Final = 0.5
"""Seconds before something is checked again, within which a crawl finishes a batch."""
_STORY_FIELD: Final = {
    "links": "from",
    "page_lists": "story",
    "visits": "story",
    "revisions": "story",
    "fingerprints": "_id",
    "histories": "story",
}
_LINK_FIELDS: Final = ("seen_count", "active", "first_seen", "last_seen", "crawl")
_LATEST_LINK_FIELDS: Final = ("position", "anchor", "heading", "relevances")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A promise that does not hold."""

    collection: str
    id: str
    """Id of the document; the collection's own name where the finding is about the collection."""
    what: str

    def __str__(self) -> str:
        return f"{self.collection} {self.id}: {self.what}"


def check_store(
    db: Database[Document], on_progress: Callable[[str, int], None] = lambda _name, _count: None
) -> Iterator[Finding]:
    """Yield everything that is wrong with a database.

    Args:
        db: the database.
        on_progress: called with a collection's name and the number of its documents checked so far.

    Raises:
        StoreError: there is no network in it.
        pymongo.errors.PyMongoError: the server failed.
    """
    if not set(COLLECTIONS) & set(db.list_collection_names()):
        raise StoreError(
            "database {name!r} holds no network yet: run a crawl first, or see MONGO_DATABASE", name=db.name
        )
    yield from _check_schema(db)
    yield from _check_unfinished(db)
    if db["meta"].find_one({"_id": FORGETTING}, {"_id": 1}):
        yield Finding("meta", FORGETTING, "`scrapy forget` was stopped: the next crawl or `scrapy forget` finishes it")
    counted: Counter[str] = Counter()
    for keys in chunks(_keys(db)):
        yield from _confirm(db, keys, counted)
        for name, count in counted.items():
            on_progress(name, count)
    on_progress("lists", db["lists"].count_documents({}))
    for name, field in _STORY_FIELD.items():
        if db[name].count_documents({}) != counted[name]:
            yield from _orphans(db, name, field)


def _check_unfinished(db: Database[Document]) -> Iterator[Finding]:
    """Report half-written visits first and once: what they saw is missing all over until a crawl finishes them."""
    visits = list(db["visits"].find({"unapplied.depth": {"$gte": 0}}, {"crawl": 1}))
    crawls = _crawls(db, visits)
    alive = {name for name, run in crawls.items() if run["finished_at"] is None and is_running(run)}
    if left := sum(visit["crawl"] not in alive for visit in visits):
        remedy = "the next crawl or `scrapy migrate` finishes them"
        yield Finding("visits", "visits", f"{left} left half written, so what they saw may be missing: {remedy}")


def _keys(db: Database[Document]) -> Iterator[str]:
    """Yield the keys of all stories: read first, so that no server must hold a long query or a collection in memory."""
    with db["stories"].find({}, {"_id": 1}).batch_size(WORKED_ROWS) as cursor:
        for story in cursor:
            yield story["_id"]


def _confirm(db: Database[Document], keys: list[str], counted: Counter[str]) -> Iterator[Finding]:
    """Yield what is found wrong twice, some time apart."""
    first = list(_check_chunk(db, keys, counted))
    if first:
        time.sleep(RECHECK_SECONDS)
        # counts may have grown in between: a document that is wrong twice is wrong, whatever the numbers
        wrong = {(finding.collection, finding.id) for finding in first}
        again = set(_check_chunk(db, keys, Counter()))
        yield from sorted(finding for finding in again if (finding.collection, finding.id) in wrong)


def _check_chunk(db: Database[Document], keys: list[str], counted: Counter[str]) -> Iterator[Finding]:
    """Yield what is wrong with some stories, and with their links, visits and revisions."""
    hidden = {"text": 0, "excerpt": 0}
    stories = list(db["stories"].find({"_id": {"$in": keys}}, hidden))
    links = list(db["links"].find({"from": {"$in": keys}}, {"relevance": 0, "updated_at": 0}))
    pages = list(db["page_lists"].find({"story": {"$in": keys}}, {"updated_at": 0}))
    shown = {"bytes": 0, "elapsed_ms": 0, "unapplied.content": 0, "unapplied.targets": 0}
    visits = list(db["visits"].find({"story": {"$in": keys}}, shown))
    wrong_pages = list(confirmation_faults(visits))
    complete_visits(visits, {visit["_id"]: visit for visit in visits})
    kept = read_histories(db, keys)
    compared = {"story": 1, "at": 1, "content_hash": 1}
    revisions = list(db["revisions"].find({"story": {"$in": keys}}, compared))
    versions = {row["_id"]: row["content_hash"] for row in find_fingerprints(db, keys, ["content_hash"])}
    counted.update(stories=len(stories), links=len(links), visits=len(visits), revisions=len(revisions))
    counted.update(fingerprints=len(versions), page_lists=len(pages), histories=sum(map(len, kept.values())))
    yield from _check_fingerprints(stories, versions)
    shown_links = _by(links, "from")
    for key, rows in _by(pages, "story").items():
        shown_links.setdefault(key, []).extend(rows)
    visited = _by(visits, "story")
    yield from _check_stories(db, stories, shown_links, visited, _by(revisions, "story"), kept)
    yield from (Finding(*fault) for fault in fold_faults(db, keys, visited, kept))
    yield from _check_ends(db, links)
    yield from (Finding(*fault) for fault in (*list_faults(db, pages, visits), *wrong_pages))
    yield from _check_visits(db, visits)
    yield from (Finding("stories", key, what) for key, what in suspicious_merges(db, stories))
    yield from (Finding("stories", key, what) for key, what in stories_with_notices(db, keys))


def _check_fingerprints(stories: list[Document], versions: Mapping[str, str]) -> Iterator[Finding]:
    """Yield stories whose fingerprint is not that of the version that they show."""
    for story in stories:
        shown = None if story["status"] == "merged" else story["content_hash"]
        if versions.get(story["_id"]) != shown:
            yield Finding("stories", story["_id"], "its fingerprint is missing or is of another version")


def _orphans(db: Database[Document], name: str, field: str) -> Iterator[Finding]:
    """Yield documents whose story is not stored."""
    with db[name].find({}, {field: 1}).batch_size(WORKED_ROWS) as cursor:
        while batch := list(islice(cursor, KEYS_PER_QUERY)):
            stored = _stories(db, {document[field] for document in batch})
            for document in batch:
                if document[field] not in stored:
                    yield Finding(name, str(document["_id"]), f"{field} {document[field]} is not stored")


# --- the collections


def _check_schema(db: Database[Document]) -> Iterator[Finding]:
    number = (db["meta"].find_one({"_id": "schema"}) or {}).get("number")
    if number != SCHEMA:
        yield Finding("meta", "schema", f"is {number}, should be {SCHEMA}: run `scrapy migrate`")
    if rules_differ(db):
        yield Finding("meta", "url_rules", "keys were made by other rules of URLs than today's: run `scrapy migrate`")
    present = {info["name"]: info.get("options", {}) for info in db.list_collections()}
    for name in COLLECTIONS:
        if name not in present:
            yield Finding(name, name, "the collection is missing")
            continue
        if present[name].get("validator") != validator(name):
            yield Finding(name, name, "its validator is missing or differs")
        elif present[name].get("validationAction", "error") != "error":
            yield Finding(name, name, "its validator only warns")
        keys = [list(index["key"].items()) for index in db[name].list_indexes()]
        for index in INDEXES[name]:
            wanted = list(index.document["key"].items())
            if wanted not in keys:
                yield Finding(name, name, f"the index on {', '.join(field for field, _ in wanted)} is missing")
        for document in db[name].find({"$nor": [validator(name)]}, {"_id": 1}).limit(KEYS_PER_QUERY):
            yield Finding(name, str(document["_id"]), "does not pass the collection's validator")


def _check_stories(
    db: Database[Document],
    stories: list[Document],
    links: Mapping[str, list[Document]],
    visits: Mapping[str, list[Document]],
    revisions: Mapping[str, list[Document]],
    kept: Mapping[str, list[Document]],
) -> Iterator[Finding]:
    named = {story[name] for story in stories for name in ("group", "copy_of", "merged_into") if story.get(name)}
    named |= {story["discovered"]["from"] for story in stories if story["discovered"].get("from")}
    others = _stories(db, named)
    for story in stories:
        key = story["_id"]
        wrong = [*_reference_faults(story, others)]
        if story["status"] == "merged":
            own = {"visits": visits, "links": links, "revisions": revisions, "histories": kept}
            for what, found in own.items():
                if key in found:
                    wrong.append(f"is merged, yet {len(found[key])} {what} are still its own")
        else:
            walk = walk_of(key, visits.get(key, ()), kept.get(key, ()))
            begins = max((history["until"] for history in kept.get(key, ())), default=None)
            found_now = {change.visit["_id"] for change in walk.changes}
            checked = [
                row for row in revisions.get(key, ()) if begins is None or row["at"] > begins or row["_id"] in found_now
            ]
            wrong += _derivation_faults(story, walk, links.get(key, []), checked)
        yield from (Finding("stories", key, what) for what in wrong)


def _reference_faults(story: Mapping[str, Any], others: Mapping[str, Document]) -> Iterator[str]:
    """Yield what is wrong with a story's key, and with the other stories that it names."""
    key = story["_id"]
    merged = story["status"] == "merged"
    if not merged and story_key(story["url"]) != key:
        yield f"its key is not that of its url {story['url']}"
    if story.get("stray"):
        yield "is merged, and what points to it was not re-pointed"
    if merged != bool(story.get("merged_into")):
        yield f"status is {story['status']}, merged_into is {story.get('merged_into')}"
    for name, allowed in (("group", merged), ("copy_of", False), ("merged_into", False)):
        other = story.get(name)
        if not other:
            continue
        if other not in others:
            yield f"{name} {other} is not stored"
        elif others[other]["status"] == "merged" and not allowed:
            yield f"{name} {other} is merged"
    leader = others.get(story["group"])
    if leader and not merged and leader["group"] != story["group"]:
        yield f"group {story['group']} is no leader: it belongs to {leader['group']}"
    elif leader and not merged:
        yield from placement_faults(story, leader)
    original = others.get(story["copy_of"]) if story["copy_of"] else None
    if original and original["group"] != story["group"]:
        yield f"copy_of {story['copy_of']} is in another group"
    parent = story["discovered"].get("from")
    if parent and parent not in others:
        yield f"discovered.from {parent} is not stored"


def _derivation_faults(
    story: Mapping[str, Any], walk: VisitWalk, links: list[Document], revisions: list[Document]
) -> Iterator[str]:
    """Yield what does not follow from a story's visits."""
    if not walk.visits:
        blanks = {"visits": 0, "revisions": 0, "fetched_at": None, "content_hash": None, "confirmed": None}
        for name, blank in blanks.items():
            if story.get(name) != blank:
                yield f"{name} is {story.get(name)}, but no visit is stored"
        if story["status"] not in ("stub", "skipped"):
            yield f"status is {story['status']}, but no visit is stored"
        if links:
            yield f"{len(links)} links are stored, but no visit"
        return
    history = walk.history()
    right = {
        "visits": history.visits,
        "revisions": history.revisions,
        "status": history.status,
        "reason": history.reason,
        "fetched_at": history.fetched_at,
        "confirmed": {"visits": history.confirmations, "at": history.confirmed_at} if history.confirmations else None,
    }
    if history.content:
        right["content_hash"] = history.content["content_hash"]
    for name, value in right.items():
        if story.get(name) != value:
            yield f"{name} is {story.get(name)}, the visits say {value}"
    if story["first_seen"] > history.first_at:
        yield "first_seen is later than a visit"
    if story["last_seen"] < history.latest["at"]:
        yield "last_seen is earlier than a visit"
    yield from _link_faults(history.links, {(link.get("to") or link["list"], link["kind"]): link for link in links})
    changes = {change.visit["_id"]: change for change in history.changes}
    stored = {revision["_id"]: revision for revision in revisions}
    for name in sorted(changes.keys() ^ stored.keys()):
        yield f"revision {name} is {'missing' if name in changes else 'stored, but no visit found a change'}"
    for name in sorted(changes.keys() & stored.keys()):
        if stored[name]["content_hash"] != changes[name].before["content_hash"]:
            yield f"revision {name} is not of the version before"


def _link_faults(right: Mapping[tuple[str, str], Any], stored: Mapping[tuple[str, str], Document]) -> Iterator[str]:
    for end in sorted(right.keys() ^ stored.keys()):
        yield f"link to {end[0]} ({end[1]}) is {'missing' if end in right else 'stored, but no visit saw it'}"
    for end in sorted(right.keys() & stored.keys()):
        link = right[end]
        wanted = {name: getattr(link, name) for name in _LINK_FIELDS} | {
            name: link.latest[name] for name in _LATEST_LINK_FIELDS if name in link.latest
        }
        for name, value in wanted.items():
            if stored[end].get(name) != value:
                yield f"link to {end[0]} ({end[1]}): {name} is {stored[end].get(name)}, the visits say {value}"


def _check_ends(db: Database[Document], links: list[Document]) -> Iterator[Finding]:
    ends = _stories(db, {link["to"] for link in links})
    for link in links:
        end = ends.get(link["to"])
        if end is None or end["status"] == "merged":
            yield Finding("links", link["_id"], f"to {link['to']} is {'merged' if end else 'not stored'}")


def _check_visits(db: Database[Document], visits: list[Document]) -> Iterator[Finding]:
    named = {visit["story"] for visit in visits} | {link["to"] for visit in visits for link in visit["links"]}
    named |= {key for visit in visits for key in _merged_names(visit)}
    stories = _stories(db, named)
    crawls = _crawls(db, visits)
    for visit in visits:
        for key in {visit["story"], *(link["to"] for link in visit["links"])}:
            story = stories.get(key)
            if story is None or story["status"] == "merged":
                yield Finding(
                    "visits", visit["_id"], f"names story {key}, which is {'merged' if story else 'not stored'}"
                )
        for key in _merged_names(visit):
            if key in stories and stories[key]["status"] != "merged":
                yield Finding("visits", visit["_id"], f"named story {key}, which is not merged any more")
        if visit["crawl"] not in crawls:
            yield Finding("visits", visit["_id"], f"crawl {visit['crawl']} is not stored")


def _merged_names(visit: Mapping[str, Any]) -> set[str]:
    """Collect the keys that a visit and its links named before these were merged into what they name now."""
    named = [(visit.get("merged_from"), visit["story"])]
    named += [(link.get("merged_from"), link["to"]) for link in visit["links"]]
    return {before for before, now in named if before and before != now}


def _crawls(db: Database[Document], visits: Iterable[Document]) -> dict[str, Document]:
    """Return the crawls that visits belong to, as far as they are stored."""
    fields = {"process": 1, "heartbeat_at": 1, "finished_at": 1}
    return {
        run["_id"]: run
        for ids in chunks({visit["crawl"] for visit in visits})
        for run in db["crawls"].find({"_id": {"$in": ids}}, fields)
    }


def _stories(db: Database[Document], keys: Iterable[str]) -> dict[str, Document]:
    fields = {"status": 1, "group": 1, "published_at": 1, "first_seen": 1}
    return {
        story["_id"]: story for chunk in chunks(keys) for story in db["stories"].find({"_id": {"$in": chunk}}, fields)
    }


def _by(documents: Iterable[Document], field: str) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = {}
    for document in documents:
        found.setdefault(document[field], []).append(document)
    return found
