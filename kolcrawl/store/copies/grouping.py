"""Copies of stories, found and kept true in the database.

Door: `group_stories`, called with the stories of a batch once they are written, may be called again at any time
with any stories. Which story is a copy of which is said in `copies`, as a function of the stories alone; here are
the finding and the writing. Fields written: `group`, `copy_of`, `copy_similarity`, and `bands`, less crowded ones.

Finding. Stories that share a band with one of the batch come by the index on `bands`; then the groups that the near
copies among them and the batch are in, whole. A band tells nothing once very many stories share it (a site's
boilerplate, a page that only says to log in), so the index lists at most `CROWD` stories under one band, the earliest;
from the others the band is taken away. That bounds what a look-up can return, on any server and however large the
collection is. Groups beyond `CROWD` members are not read whole either; their leader is marked `crowded`.

Writing. A story is placed only if its place is still the one that was read; whoever wrote anything looks again,
until there is nothing left to write. As every story is written before its copies are looked for, of two crawls
that bring copies of each other at once at least one sees the other. A process that dies in between leaves places
that are put right when its batch is written again, which `apply` sees to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pymongo import UpdateOne

from kolcrawl.store.bulk import bulk, chunks
from kolcrawl.store.copies.placing import Member, Place, places, rank
from kolcrawl.story.fingerprint import BANDS, SIGNATURE_BYTES, bands_of, likenesses, stack

if TYPE_CHECKING:
    from pymongo.database import Database

Document = dict[str, Any]

CROWD: Final = 32
"""Stories listed under one band, and members of a group read at once. Each costs the embedded server 1 ms."""
MAX_ROUNDS: Final = 10
"""Looks at one batch. Two are usual; more only while other crawls write to the same groups."""
_MOST_BANDS: Final = 4 * BANDS
"""In one `$in`: those of four stories."""
_FEW: Final = 2
"""Stories that such a question finds; after more, the next is of one story: the embedded server compares each story
that it finds with each band asked for, .7 ms for every 42."""

_FIELDS: Final = [
    "signature",
    "group",
    "copy_of",
    "copy_similarity",
    "published_at",
    "first_seen",
    "status",
    "crowded",
]


def group_stories(db: Database[Document], keys: Iterable[str]) -> set[str]:
    """Place stories among their copies, and their copies among them.

    Args:
        keys: stories that are new, or whose text or times may have changed, or that were merged.

    Returns: those of them that are copies of another story now.

    Raises:
        pymongo.errors.PyMongoError: the server failed; calling again with the same keys is safe and needed.
    """
    asked = dict.fromkeys(keys)
    copies: set[str] = set()
    waiting = list(asked)
    while waiting:
        batch, waiting = waiting[:CROWD], waiting[CROWD:]
        found, left = _group(db, batch)
        copies |= found
        waiting += left
    return copies & asked.keys()


def _group(db: Database[Document], keys: Collection[str]) -> tuple[set[str], list[str]]:
    """Place at most `CROWD` stories. Returns: those of them that are copies, and copies of theirs not yet looked at."""
    near, crowd = _near(db, keys)
    watched = set(keys)
    moved = False
    for _ in range(MAX_ROUNDS):
        scene = _look(db, keys, near, watched)
        wanted = places(scene.members, changed=keys, crowded=scene.crowded)
        if not _write(db, scene, wanted, keys):
            break
        moved = True
        watched |= {member.place.group for member in scene.members.values()}
        watched |= {place.group for place in wanted.values()}
    _thin_out(db, crowd)
    copies = {key for key in keys if key in wanted and wanted[key].copy_of}
    return copies, scene.left if moved else []


def misplaced(story: Mapping[str, Any], leader: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with where a story stands in its group.

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
class _Scene:
    """What bears on the places of a batch."""

    members: dict[str, Member] = field(default_factory=dict)
    crowded: set[str] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)
    """Stories that carry the mark of a crowded group's leader."""
    left: list[str] = field(default_factory=list)
    """Copies of the batch's stories, too many to be read with it."""

    def add(self, story: Document) -> None:
        key = story["_id"]
        if story["status"] == "merged":
            self.members.pop(key, None)
            return
        place = Place(story["group"], story["copy_of"], story["copy_similarity"])
        signature = story["signature"] if _is_signed(story) else None
        self.members[key] = Member(key, signature, story["published_at"], story["first_seen"], place)
        if story.get("crowded"):
            self.marked.add(key)


def _find(
    db: Database[Document], name: str, values: Iterable[Any], fields: Collection[str] = _FIELDS
) -> Iterator[Document]:
    for chunk in chunks(values):
        yield from db["stories"].find({name: {"$in": chunk}}, fields)


def _near(db: Database[Document], keys: Collection[str]) -> tuple[set[str], set[str]]:
    """Keys of the near copies of the batch's stories, and of the batch itself; and of stories in a crowded band.

    Asked but once a batch: a story that comes later, or changes later, is looked for by whoever wrote it.
    """
    signed = [story for story in _find(db, "_id", keys, ["signature", "bands"]) if _is_signed(story)]
    own = [story["signature"] for story in signed]
    bands = list(dict.fromkeys(chain.from_iterable(map(bands_of, own))))
    listed = {story["_id"]: story["signature"] for story in signed if story["bands"]}
    at_once = _MOST_BANDS
    while bands:
        asked, bands = bands[:at_once], bands[at_once:]
        # the batch itself is at hand; left out first, it need not be compared band by band by the embedded server
        found = list(db["stories"].find({"_id": {"$nin": list(listed)}, "bands": {"$in": asked}}, ["signature"]))
        listed |= {story["_id"]: story["signature"] for story in found if _is_signed(story)}
        at_once = _MOST_BANDS if len(found) <= _FEW else BANDS
    names, signatures = list(listed), stack(list(listed.values()))
    near = set(keys)
    crowd: set[str] = set()
    for signature in own:
        compared = likenesses(signature, signatures)
        near.update(names[at] for at in np.flatnonzero(compared.near))
        crowded = compared.bands.sum(axis=0) > CROWD
        if crowded.any():
            crowd.update(names[at] for at in np.flatnonzero(compared.bands[:, crowded].any(axis=1)))
    return near, crowd


def _is_signed(story: Mapping[str, Any]) -> bool:
    """The story has a signature of this scheme: one of another cannot be compared."""
    return len(story.get("signature") or b"") == SIGNATURE_BYTES


def _look(db: Database[Document], keys: Collection[str], near: Collection[str], watched: Collection[str]) -> _Scene:
    """Read what bears on a batch: the stories near it, its copies, and the groups that all these are in."""
    scene = _Scene()
    for story in _find(db, "_id", near):
        scene.add(story)
    copies = [story["_id"] for story in _find(db, "copy_of", keys, ["_id"])]
    scene.left = copies[CROWD:]
    for story in _find(db, "_id", copies[:CROWD]):
        scene.add(story)
    seen: set[str] = set()
    while groups := ({member.place.group for member in scene.members.values()} | set(watched)) - seen:
        seen |= groups
        for story in _find(db, "_id", groups - scene.members.keys()):
            scene.add(story)
        scene.crowded |= groups & scene.marked
        for story in _find(db, "group", groups - scene.marked):
            scene.add(story)
    for group in scene.crowded & set(keys):
        _find_heir(db, scene, group, keys)
    return scene


def _find_heir(db: Database[Document], scene: _Scene, group: str, keys: Collection[str]) -> None:
    """Read the member that leads a crowded group when its leader no longer does."""
    first = None
    for story in db["stories"].find(
        {"group": group, "_id": {"$nin": list(keys)}}, {"published_at": 1, "first_seen": 1}
    ):
        member = Member(story["_id"], None, story["published_at"], story["first_seen"], Place(group))
        if first is None or member.rank < first.rank:
            first = member
    if first:
        for story in _find(db, "_id", [first.key]):
            scene.add(story)


def _write(db: Database[Document], scene: _Scene, wanted: Mapping[str, Place], keys: Collection[str]) -> bool:
    """Write what is not as it should be. Returns: whether anything was to be written."""
    now = datetime.now(UTC)
    moved = _move_crowds(db, scene, wanted, keys, now)
    operations = [
        UpdateOne({"_id": key, **member.place._asdict()}, {"$set": {**wanted[key]._asdict(), "updated_at": now}})
        for key, member in scene.members.items()
        if member.place != wanted[key]
    ]
    bulk(db["stories"], operations)
    sizes: dict[str, int] = {}
    for place in wanted.values():
        sizes[place.group] = sizes.get(place.group, 0) + 1
    for group, size in sizes.items():
        if size > CROWD and group not in scene.marked:
            db["stories"].update_one({"_id": group}, {"$set": {"crowded": True}})
    return moved or bool(operations)


def _move_crowds(
    db: Database[Document], scene: _Scene, wanted: Mapping[str, Place], keys: Collection[str], now: datetime
) -> bool:
    """Give crowded groups their new leader, if they have one: to the members that were not read."""
    moved = False
    for group in scene.crowded:
        stayed = (key for key, member in scene.members.items() if member.place.group == group and key not in keys)
        leader = next((wanted[key].group for key in stayed), group)
        if leader == group:
            continue
        db["stories"].update_one({"_id": leader}, {"$set": {"crowded": True}})
        unread = {"group": group, "_id": {"$nin": list(scene.members)}}
        db["stories"].update_many(unread, {"$set": {"group": leader, "updated_at": now}})
        db["stories"].update_one({"_id": group}, {"$unset": {"crowded": 1}})
        moved = True
    return moved


def _thin_out(db: Database[Document], keys: Collection[str]) -> None:
    """Take bands that too many stories are listed under away from all but the earliest of them.

    Args:
        keys: the stories that share such a band.
    """
    under: dict[int, list[Document]] = {}
    for story in _find(db, "_id", keys, ["bands", "published_at", "first_seen"]):
        for band in story["bands"] or ():
            under.setdefault(band, []).append(story)
    surplus: dict[str, list[int]] = {}
    for band, listed in under.items():
        if len(listed) > CROWD:
            listed.sort(key=rank)
            for story in listed[CROWD:]:
                surplus.setdefault(story["_id"], []).append(band)
    bulk(
        db["stories"],
        [UpdateOne({"_id": key}, {"$pull": {"bands": {"$in": bands}}}) for key, bands in surplus.items()],
    )
