"""Removing what was wrongly crawled: some stories, a site or a crawl, with all that came from them alone.

`plan_forgetting` says what would go, `forget` removes it. A story goes with its visits, links, versions and merged
addresses, and with it, step by step, what only stories that go link to; seeds of crawls never go along. A story that
others link to stays as a stub, as it was before it was read. Of a crawl, its visits go: what other crawls saw stays.

The plan is noted in the database first, and each step may be repeated: `finish_forgetting` ends what a process that
died has begun. Copies of the database become invalid with the first step (`kolcrawl.store.removals`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.store.bulk import ROWS_PER_REPLY, chunks
from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.history.stored_folds import void_folds
from kolcrawl.store.merge.lookup import is_linked, raise_merge_count, targets_of
from kolcrawl.store.merge.repoint import merge_lock
from kolcrawl.store.merge.restore import clear_state, restore_contents, restore_observed
from kolcrawl.store.merge.undo import leave_confirmed
from kolcrawl.store.read.listed_links import links_from
from kolcrawl.store.removals import note_removal

if TYPE_CHECKING:
    from pymongo.database import Database

Document = dict[str, Any]

FORGETTING: Final = "forgetting"
"""Id of the note, in `meta`, of a removal that was begun."""
_NOTE: Final = {"_id": FORGETTING}
_PARTS: Final = {"of": FORGETTING}
"""Documents beside the note, with the keys of a plan that are too many for one (`_note`)."""
NOTED_KEYS: Final = 100_000
"""Keys in one document; the 16 MB that it may have hold some 350,000."""


@dataclass(slots=True)
class Removal:
    """What would be removed."""

    removed: list[str] = field(default_factory=list)
    """Keys of the stories that go."""
    emptied: list[str] = field(default_factory=list)
    """Of those that lose all visits, and stay as stubs if others still link to them."""
    changed: list[str] = field(default_factory=list)
    """Of those that lose some of their visits."""
    watched: list[str] = field(default_factory=list)
    """Of those that the latter link to: they go if no other visit saw the link."""
    crawl: str | None = None
    """The crawl whose visits go; None where all visits of the stories do."""
    targets: list[str] = field(default_factory=list)
    """Stories that stay, and that those which lose visits link to, or were the first to."""
    copies: list[str] = field(default_factory=list)
    """Stories that stay, and are in a group with those that go."""
    visits: int = 0
    links: int = 0


def plan_forgetting(
    db: Database[Document], *, stories: Iterable[str] = (), site: str | None = None, crawl: str | None = None
) -> Removal:
    """Find out what would be removed; nothing is changed.

    Args:
        stories: keys of stories.
        site: registrable domain of the stories.
        crawl: id of a crawl.
    """
    plan = Removal(crawl=crawl)
    if crawl is not None:
        visits = db["visits"].find({"crawl": crawl}, {"_id": 0, "story": 1}).batch_size(ROWS_PER_REPLY)
        chosen = {visit["story"] for visit in visits}  # `distinct` is one answer, of 16 MB at most
        kept = {key for chunk in chunks(chosen) for key in _visited_otherwise(db, chunk, crawl)}
        plan.changed, chosen = sorted(kept), chosen - kept
        plan.watched = sorted({key for key in _linked_to(db, kept) if not _is_visited(db, key)} - kept)
    else:
        chosen = set(stories) | (
            {row["_id"] for row in db["stories"].find({"site": site}, {"_id": 1})} if site else set()
        )
    going = _with_what_came_from_them(db, chosen, crawl)
    linked = {key for key in going if _linked_from_others(db, key, going)}
    plan.emptied = sorted(going & linked)
    plan.removed = sorted(going - linked)
    for chunk in chunks([*plan.removed, *plan.emptied]):
        plan.links += db["links"].count_documents({"from": {"$in": chunk}}) + sum(1 for _ in links_from(db, chunk))
        plan.visits += db["visits"].count_documents({"story": {"$in": chunk}})
    if crawl is not None:
        plan.visits = db["visits"].count_documents({"crawl": crawl})
    plan.targets, plan.copies = _touched(db, plan)
    return plan


def _touched(db: Database[Document], plan: Removal) -> tuple[list[str], list[str]]:
    """Find the stories that stay, but are to be derived anew: targets of links, and copies."""
    lost = [*plan.removed, *plan.emptied]
    targets = {*_linked_to(db, lost + plan.changed), *plan.emptied, *plan.changed}
    copies: set[str] = set()
    for chunk in chunks(lost):
        targets.update(row["_id"] for row in db["stories"].find({"discovered.from": {"$in": chunk}}, {"_id": 1}))
    for chunk in chunks(plan.removed):
        named = {"$or": [{"group": {"$in": chunk}}, {"copy_of": {"$in": chunk}}]}
        copies.update(row["_id"] for row in db["stories"].find(named, {"_id": 1}))
    return sorted(targets - set(plan.removed)), sorted(copies - set(plan.removed))


def _visited_otherwise(db: Database[Document], keys: list[str], crawl: str) -> list[str]:
    """Find the stories that another crawl visited, too, of no more than a query takes."""
    found: list[str] = db["visits"].distinct("story", {"story": {"$in": keys}, "crawl": {"$ne": crawl}})
    found += db["histories"].distinct("story", {"story": {"$in": keys}})  # what it stands for cannot be told apart
    return found


def _is_visited(db: Database[Document], key: str) -> bool:
    return any(db[name].find_one({"story": key}, {"_id": 1}) for name in ("visits", "histories"))


def _is_seed(db: Database[Document], key: str) -> bool:
    seed = {"story": key, "depth": 0}
    return any(db[name].find_one(seed, {"_id": 1}) for name in ("visits", "histories"))


def _linked_from_others(db: Database[Document], key: str, going: set[str]) -> bool:
    return is_linked(db, key, besides=going)


def _linked_to(db: Database[Document], keys: Iterable[str]) -> set[str]:
    return targets_of(db, keys)


def _with_what_came_from_them(db: Database[Document], chosen: set[str], crawl: str | None) -> set[str]:
    """Add the stories that only these, and those added, link to."""
    going, edge = set(chosen), set(chosen)
    while edge:
        targets = targets_of(db, edge) - going
        edge = set()
        for key in targets:
            if _linked_from_others(db, key, going) or _is_seed(db, key):
                continue
            if crawl is not None and db["visits"].find_one({"story": key, "crawl": {"$ne": crawl}}, {"_id": 1}):
                continue
            edge.add(key)
        going |= edge
    return going


def forget(db: Database[Document], plan: Removal) -> None:
    """Remove what a plan says.

    Raises:
        pymongo.errors.PyMongoError: the server failed; the next start finishes it.
    """
    _note(db, plan)
    note_removal(db)
    finish_forgetting(db)


def _note(db: Database[Document], plan: Removal) -> None:
    """Note a plan: what is begun when the note is there; of a large one the keys stand in documents beside it."""
    noted = asdict(plan)
    lists = {name: keys for name, keys in noted.items() if isinstance(keys, list)}
    if sum(map(len, lists.values())) > NOTED_KEYS:
        db["meta"].delete_many(_PARTS)  # of a process that died before it began
        for name, keys in lists.items():
            noted[name] = []
            for place, part in enumerate(chunks(keys, NOTED_KEYS)):
                beside = {"_id": f"{FORGETTING} {name} {place}", **_PARTS, "name": name, "keys": part}
                db["meta"].replace_one({"_id": beside["_id"]}, beside, upsert=True)
    db["meta"].replace_one(_NOTE, {**_NOTE, "plan": noted}, upsert=True)


def finish_forgetting(db: Database[Document]) -> bool:
    """Finish what was begun. Returns: whether anything was."""
    if db["meta"].find_one(_NOTE) is None:
        return False
    with merge_lock(db):
        noted = db["meta"].find_one(_NOTE)  # who had the lock may have finished it
        if noted is None:
            return False
        plan = Removal(**noted["plan"])
        for part in db["meta"].find(_PARTS):
            getattr(plan, part["name"]).extend(part["keys"])
        _forget(db, plan)
        note_removal(db)
        db["meta"].delete_many(_PARTS)
        db["meta"].delete_one(_NOTE)
    return True


def _forget(db: Database[Document], plan: Removal) -> None:
    """Carry out a plan. Each step may be repeated, and none needs what an earlier one removes."""
    for chunk in chunks([*plan.removed, *plan.emptied]):
        db["visits"].delete_many({"story": {"$in": chunk}})
        db["histories"].delete_many({"story": {"$in": chunk}})
        void_folds(db, chunk)
        db["links"].delete_many({"from": {"$in": chunk}})
        db["page_lists"].delete_many({"story": {"$in": chunk}})
        db["revisions"].delete_many({"story": {"$in": chunk}})
    if plan.crawl is not None:
        for key in plan.changed:
            leave_confirmed(db, db["visits"].find({"story": key, "crawl": plan.crawl}, {"_id": 1}), key)
        db["visits"].delete_many({"crawl": plan.crawl})
        db["crawls"].delete_one({"_id": plan.crawl})
    _remove_stories(db, plan.removed)
    for key in plan.copies:
        alone = {"group": key, "copy_of": None, "copy_similarity": None}
        db["stories"].update_one({"_id": key, "status": {"$ne": "merged"}}, {"$set": alone})
    for key in [*plan.emptied, *plan.changed]:
        clear_state(db, key)
        restore_contents(db, [key])
    remove_unshown_lists(db, [*plan.removed, *plan.emptied, *plan.watched, *plan.targets])
    # a link to them may have been seen by the visits alone that went
    _remove_stories(db, [key for key in (*plan.watched, *plan.emptied) if not is_linked(db, key)])
    for key in plan.targets:
        restore_observed(db, key)
    raise_merge_count(db)
    group_stories(db, [*plan.copies, *plan.emptied, *plan.changed])


def _remove_stories(db: Database[Document], keys: Iterable[str]) -> None:
    """Remove stories, with the merged ones that lead to them."""
    for chunk in chunks(keys):
        for name in ("fingerprints", "folds"):
            db[name].delete_many({"_id": {"$in": chunk}})
        merged = {"merged_into": {"$in": chunk}, "status": "merged"}
        db["stories"].delete_many({"$or": [{"_id": {"$in": chunk}}, merged]})


def remove_unshown_lists(db: Database[Document], keys: Iterable[str]) -> None:
    """Remove the lists that name any of some stories and that no page shows any more.

    A crawl that is about to show one finds that `merge_count` has grown, and inserts it again (`repair_lists`).
    """
    for chunk in chunks(keys):
        names = [row["_id"] for row in db["lists"].find({"links.to": {"$in": chunk}}, {"_id": 1})]
        for some in chunks(names):
            raise_merge_count(db)
            shown = {row["list"] for row in db["page_lists"].find({"list": {"$in": some}}, {"list": 1})}
            db["lists"].delete_many({"_id": {"$in": [name for name in some if name not in shown]}})
