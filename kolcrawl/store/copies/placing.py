"""Which story is a copy of which: a pure function of the stories' signatures and times, whatever order they came in.

Two stories are neighbours when they share a band and their estimated similarity reaches `SIMILAR`. A group is a
connected component of neighbours. Its leader is its earliest member: by publication, then by when it was first seen,
then by key. Every other member is a copy of its most similar earlier neighbour; a member that has only later neighbours
is a copy of the leader, at whatever similarity it has to the leader.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from kolcrawl.story.fingerprint import likenesses, similarity, stack

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Rank = tuple[bool, datetime, datetime, str]


class Place(NamedTuple):
    """The place of a story among its copies."""

    group: str
    copy_of: str | None = None
    copy_similarity: float | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """What must be known of a story to place it."""

    key: str
    signature: bytes | None
    published_at: datetime | None
    first_seen: datetime
    place: Place
    """The place that is stored."""

    @property
    def rank(self) -> Rank:
        """Return the rank: earlier members have the lesser one."""
        return rank({"_id": self.key, "published_at": self.published_at, "first_seen": self.first_seen})


def rank(story: Mapping[str, Any]) -> Rank:
    """Order stories by publication, those without a time last, then by when they were first seen, then by key."""
    published, seen = story["published_at"], story["first_seen"]
    return published is None, published or seen, seen, story["_id"]


def places(
    members: Mapping[str, Member], *, changed: Collection[str] = (), crowded: Collection[str] = ()
) -> dict[str, Place]:
    """Find the place of each of some stories.

    Args:
        members: by key, all members of the groups concerned, but for the crowded ones.
        changed: those whose text or time may have changed since they were placed.
        crowded: groups too large to be given whole. Their unchanged members stay together, and a member that is a
            copy of a story which is not among `members` stays a copy of it.

    Returns: place by key.
    """
    neighbours = _neighbours(list(members.values()))
    leaders = _leaders(members, neighbours, changed, crowded)
    found = {}
    for key, member in members.items():
        leader = leaders[key]
        if key == leader:
            found[key] = Place(key)
            continue
        earlier = ((-likeness, members[other].rank) for other, likeness in neighbours[key].items())
        best = min((entry for entry in earlier if entry[1] < member.rank), default=None)
        before = member.place
        stays = before.copy_of and before.copy_of not in members and before.group in crowded and key not in changed
        if stays and (best is None or -best[0] <= (before.copy_similarity or 0)):
            found[key] = before._replace(group=leader)
        elif best:
            found[key] = Place(leader, best[1][-1], -best[0])
        else:
            found[key] = Place(leader, leader, _likeness(member, members[leader]))
    return found


def _likeness(one: Member, other: Member) -> float | None:
    return similarity(one.signature, other.signature) if one.signature and other.signature else None


def _neighbours(members: Collection[Member]) -> dict[str, dict[str, float]]:
    """Return, by key, the neighbours of each member with their similarity."""
    found: dict[str, dict[str, float]] = {member.key: {} for member in members}
    signed = [(member.key, member.signature) for member in members if member.signature]
    signatures = stack([signature for _, signature in signed])
    for at, (one, signature) in enumerate(signed[:-1]):
        compared = likenesses(signature, signatures[at + 1 :])
        for further in np.flatnonzero(compared.near):
            other = signed[at + 1 + int(further)][0]
            found[one][other] = found[other][one] = float(compared.similarity[further])
    return found


def _leaders(
    members: Mapping[str, Member],
    neighbours: Mapping[str, Mapping[str, float]],
    changed: Collection[str],
    crowded: Collection[str],
) -> dict[str, str]:
    """Return, by key, the earliest story that each member is connected with (union-find)."""
    above = {key: key for key in members}
    ranks = {key: member.rank for key, member in members.items()}

    def top(key: str) -> str:
        while above[key] != key:
            above[key] = above[above[key]]
            key = above[key]
        return key

    def unite(one: str, other: str) -> None:
        first, second = sorted((top(one), top(other)), key=ranks.__getitem__)
        above[second] = first

    for key, others in neighbours.items():
        for other in others:
            unite(key, other)
    for group in crowded:
        together = [key for key, member in members.items() if member.place.group == group and key not in changed]
        for other in together[1:]:
            unite(together[0], other)
    return {key: top(key) for key in members}
