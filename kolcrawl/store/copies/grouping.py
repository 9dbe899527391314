"""Copies of stories, found and kept true in the database.

Entry point: `group_stories`, called with the stories of a batch once they are written; it may be called again at any
time with any stories. `placing` says which story is a copy of which, as a function of the stories alone; this module
finds the stories and writes the result: `group`, `copy_of`, `copy_similarity`, and fingerprints without crowded bands.

Finding: fingerprints are brought up to date (`fingerprints`); their index on `bands` gives the stories that share a
band with one of the batch; then the groups of the batch and of the near copies among those stories are read whole. A
band means nothing once very many stories share it (the boilerplate of a site, a page that only asks to log in), so at
most `CROWD_SIZE` stories are listed under one band, the earliest; the band is removed from the others. That bounds what
a look-up can return, on any server and however large the collection is. Groups of more than `CROWD_SIZE` members are
not read whole either; their leader is marked `crowded`.

Writing: a story is placed only if its place is still the one that was read. After writing anything the batch is read
again, until nothing is left to write. Every fingerprint is written before copies are looked for, so of two crawls that
bring copies of each other at once, at least one sees the other. A process that dies in between leaves places that are
put right when its batch is written again, which `apply` does.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pymongo import UpdateOne

from kolcrawl.store.bulk import bulk_write, chunks
from kolcrawl.store.copies.fingerprints import find_fingerprints, is_signed, write_fingerprints
from kolcrawl.store.copies.placing import Member, Place, places, rank
from kolcrawl.store.expressions import set_later
from kolcrawl.story.fingerprint import BANDS, bands_of, likenesses, stack

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

CROWD_SIZE: Final = 32
"""Stories listed under one band, and members of a group read at once. Each costs the embedded server 1 ms."""
MAX_GROUPING_ROUNDS: Final = 10
"""Times that one batch is read and written. Two are usual; more only while other crawls write to the same groups."""
_MAX_BANDS_PER_QUERY: Final = 4 * BANDS
"""Bands in one `$in`: those of four stories."""
_FEW_FOUND: Final = 2
"""Stories that such a query finds at most before the next one is narrowed to the bands of one story: the embedded
server compares each story that it finds with each band asked for, .7 ms for every 42."""

_FIELDS: Final = [
    "group",
    "copy_of",
    "copy_similarity",
    "published_at",
    "first_seen",
    "status",
    "crowded",
]


def group_stories(
    db: Database[Document], keys: Iterable[str], known: Mapping[str, bytes | None] = MappingProxyType({})
) -> set[str]:
    """Place stories among their copies, and their copies among them.

    Args:
        db: the database.
        keys: stories that are new, or whose text or times may have changed, or that were merged.
        known: signatures by content hash; others are made from the stored texts.

    Returns: those of them that are copies of another story now.

    Raises:
        pymongo.errors.PyMongoError: the server failed; calling again with the same keys is safe and needed.
    """
    asked = dict.fromkeys(keys)
    copies: set[str] = set()
    waiting = list(asked)
    while waiting:
        batch, waiting = waiting[:CROWD_SIZE], waiting[CROWD_SIZE:]
        found, not_read = _group(db, batch, known)
        copies |= found
        waiting += not_read
    return copies & asked.keys()


def _group(
    db: Database[Document], keys: Collection[str], known: Mapping[str, bytes | None]
) -> tuple[set[str], list[str]]:
    """Place at most `CROWD_SIZE` stories. Return those that are copies, and copies of theirs that were not read."""
    write_fingerprints(db, keys, known)
    near, in_crowded_bands, signatures = _near_copies(db, keys)
    groups = set(keys)
    moved = False
    for _ in range(MAX_GROUPING_ROUNDS):
        relatives = _read_relatives(db, keys, near, groups)
        relatives.sign(db, signatures)
        signatures = {}  # they may have changed since
        wanted = places(relatives.members, changed=keys, crowded=relatives.crowded)
        if not _write(db, relatives, wanted, keys):
            break
        moved = True
        groups |= {member.place.group for member in relatives.members.values()}
        groups |= {place.group for place in wanted.values()}
    _remove_crowded_bands(db, in_crowded_bands)
    copies = {key for key in keys if key in wanted and wanted[key].copy_of}
    return copies, relatives.not_read if moved else []


def placement_faults(story: Mapping[str, Any], leader: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the place of a story in its group.

    Args:
        story: its `_id`, `group`, `copy_of`, `copy_similarity`, `published_at` and `first_seen`.
        leader: the same of the story that its `group` names.
    """
    if story["group"] == story["_id"]:
        if story["copy_of"] is not None or story["copy_similarity"] is not None:
            yield f"leads its group, yet is a copy of {story['copy_of']}"
        return
    if story["copy_of"] is None:
        yield f"is in group {story['group']}, yet a copy of nothing"
    if rank(story) < rank(leader):
        yield f"is earlier than {leader['_id']}, which leads its group"


@dataclass(slots=True)
class _Relatives:
    """The stories that the places of a batch depend on."""

    members: dict[str, Member] = field(default_factory=dict)
    crowded: set[str] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)
    """Stories that carry the mark of a crowded group's leader."""
    not_read: list[str] = field(default_factory=list)
    """Copies of the batch's stories that are too many to be read with it."""

    def add(self, story: Document) -> None:
        key = story["_id"]
        if story["status"] == "merged":
            self.members.pop(key, None)
            return
        place = Place(story["group"], story["copy_of"], story["copy_similarity"])
        self.members[key] = Member(key, None, story["published_at"], story["first_seen"], place)
        if story.get("crowded"):
            self.marked.add(key)

    def sign(self, db: Database[Document], known: Mapping[str, bytes]) -> None:
        """Add the members' signatures; those that are known already need not be read."""
        signatures = dict(known)
        for row in find_fingerprints(db, self.members.keys() - known.keys(), ["signature"]):
            if is_signed(row):
                signatures[row["_id"]] = row["signature"]
        for key in self.members.keys() & signatures.keys():
            self.members[key] = replace(self.members[key], signature=signatures[key])


def _find(
    db: Database[Document], name: str, values: Iterable[Any], fields: Collection[str] = _FIELDS
) -> Iterator[Document]:
    for chunk in chunks(values):
        yield from db["stories"].find({name: {"$in": chunk}}, fields)


def _near_copies(db: Database[Document], keys: Collection[str]) -> tuple[set[str], set[str], dict[str, bytes]]:
    """Find the near copies of a batch's stories.

    This is done once a batch: whoever writes a story that is new or changed later looks for its copies then.

    Returns: the keys of the near copies and of the batch itself; the keys of the stories in a crowded band; and the
    signatures that were read.
    """
    signed = [row for row in find_fingerprints(db, keys, ["signature", "bands"]) if is_signed(row)]
    own = [row["signature"] for row in signed]
    bands = list(dict.fromkeys(chain.from_iterable(map(bands_of, own))))
    listed = {row["_id"]: row["signature"] for row in signed if row["bands"]}
    at_once = _MAX_BANDS_PER_QUERY
    while bands:
        asked, bands = bands[:at_once], bands[at_once:]
        # the batch itself is known; leaving it out first saves the embedded server comparing it band by band
        found = list(db["fingerprints"].find({"_id": {"$nin": list(listed)}, "bands": {"$in": asked}}, ["signature"]))
        listed |= {row["_id"]: row["signature"] for row in found if is_signed(row)}
        at_once = _MAX_BANDS_PER_QUERY if len(found) <= _FEW_FOUND else BANDS
    names, signatures = list(listed), stack(list(listed.values()))
    near = set(keys)
    crowd: set[str] = set()
    for signature in own:
        compared = likenesses(signature, signatures)
        near.update(names[at] for at in np.flatnonzero(compared.near))
        crowded = compared.bands.sum(axis=0) > CROWD_SIZE
        if crowded.any():
            crowd.update(names[at] for at in np.flatnonzero(compared.bands[:, crowded].any(axis=1)))
    return near, crowd, listed


def _read_relatives(
    db: Database[Document], keys: Collection[str], near: Collection[str], groups: Collection[str]
) -> _Relatives:
    """Read the near copies of a batch, its copies so far, and the groups that all these are in."""
    relatives = _Relatives()
    for story in _find(db, "_id", near):
        relatives.add(story)
    copies = [story["_id"] for story in _find(db, "copy_of", keys, ["_id"])]
    relatives.not_read = copies[CROWD_SIZE:]
    for story in _find(db, "_id", copies[:CROWD_SIZE]):
        relatives.add(story)
    seen: set[str] = set()
    while unseen := ({member.place.group for member in relatives.members.values()} | set(groups)) - seen:
        seen |= unseen
        for story in _find(db, "_id", unseen - relatives.members.keys()):
            relatives.add(story)
        relatives.crowded |= unseen & relatives.marked
        for story in _find(db, "group", unseen - relatives.marked):
            relatives.add(story)
    for group in relatives.crowded & set(keys):
        _read_next_leader(db, relatives, group, keys)
    return relatives


def _read_next_leader(db: Database[Document], relatives: _Relatives, group: str, keys: Collection[str]) -> None:
    """Read the member that becomes the leader of a crowded group when the present one leaves it."""
    first = None
    for story in db["stories"].find(
        {"group": group, "_id": {"$nin": list(keys)}}, {"published_at": 1, "first_seen": 1}
    ):
        member = Member(story["_id"], None, story["published_at"], story["first_seen"], Place(group))
        if first is None or member.rank < first.rank:
            first = member
    if first:
        for story in _find(db, "_id", [first.key]):
            relatives.add(story)


def _write(db: Database[Document], relatives: _Relatives, wanted: Mapping[str, Place], keys: Collection[str]) -> bool:
    """Write the places that are not as wanted. Return whether there were any."""
    now = datetime.now(UTC)
    moved = _move_crowds(db, relatives, wanted, keys, now)
    operations = [
        UpdateOne({"_id": key, **member.place._asdict()}, set_later(wanted[key]._asdict(), now))
        for key, member in relatives.members.items()
        if member.place != wanted[key]
    ]
    bulk_write(db["stories"], operations)
    sizes: dict[str, int] = {}
    for place in wanted.values():
        sizes[place.group] = sizes.get(place.group, 0) + 1
    for group, size in sizes.items():
        if size > CROWD_SIZE and group not in relatives.marked:
            db["stories"].update_one({"_id": group}, {"$set": {"crowded": True}})
    return moved or bool(operations)


def _move_crowds(
    db: Database[Document], relatives: _Relatives, wanted: Mapping[str, Place], keys: Collection[str], now: datetime
) -> bool:
    """Give the members of crowded groups that were not read their new leader. Return whether there was one."""
    moved = False
    for group in relatives.crowded:
        stayed = (key for key, member in relatives.members.items() if member.place.group == group and key not in keys)
        leader = next((wanted[key].group for key in stayed), group)
        if leader == group:
            continue
        db["stories"].update_one({"_id": leader}, {"$set": {"crowded": True}})
        unread = {"group": group, "_id": {"$nin": list(relatives.members)}}
        db["stories"].update_many(unread, set_later({"group": leader}, now))
        db["stories"].update_one({"_id": group}, {"$unset": {"crowded": 1}})
        moved = True
    return moved


def _remove_crowded_bands(db: Database[Document], keys: Collection[str]) -> None:
    """Remove bands that too many stories share from all but the earliest of them.

    Args:
        db: the database.
        keys: the stories that share such a band.
    """
    under: dict[int, list[Document]] = {}
    if not keys:
        return
    bands = {row["_id"]: row["bands"] for row in find_fingerprints(db, keys, ["bands"])}
    for story in _find(db, "_id", keys, ["published_at", "first_seen"]):
        for band in bands.get(story["_id"], ()):
            under.setdefault(band, []).append(story)
    surplus: dict[str, list[int]] = {}
    for band, listed in under.items():
        if len(listed) > CROWD_SIZE:
            listed.sort(key=rank)
            for story in listed[CROWD_SIZE:]:
                surplus.setdefault(story["_id"], []).append(band)
    bulk_write(
        db["fingerprints"],
        [UpdateOne({"_id": key}, {"$pull": {"bands": {"$in": bands}}}) for key, bands in surplus.items()],
    )
