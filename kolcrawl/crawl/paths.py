"""The way a crawl has come: which stories were asked for, how far from a seed, and which were read.

Best-first order can reach a story by a longer way before the shorter one. When the shorter one turns up, the story
is not asked for again, but its links may now lie within the depth limit: they are followed then, so that the stories
within `depth` steps of a seed are all found, whatever the order.

A crawl with a JOBDIR notes each story read with its depth (`Notes`), and the shorter ways to those that still wait, so
that it goes on in the same way after a stop.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, Any, Protocol

from kolcrawl.policy.priority import path_relevance

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kolcrawl.items import LinkItem

READ_PREFIX, NEARER_PREFIX = "read ", "nearer "
KEPT_STORIES = 5_000  # stories whose links are kept here; those of older ones are in the store for certain
_TARGET = Struct("16sd")
"""Where a link leads, by story key, and how much it is on the topic; not a number when that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A link about to be followed."""

    key: str
    """Story key of the target."""
    url: str
    depth: int
    """Link steps from the seed to the target."""
    found_on: str | None
    kind: str
    path: float
    """`kolcrawl.policy.priority.path_relevance` of the target."""
    anchor: str | None = None
    """Text of the link."""


class Notes(Protocol):
    """Small notes that outlive the process, by name; values are plain data."""

    def get(self, name: str, default: Any = None) -> Any:
        """Return the note of a name."""

    def starting(self, prefix: str) -> Iterable[tuple[str, Any]]:
        """Return the notes whose names begin with a prefix: the rest of each name, and the value."""

    def __setitem__(self, name: str, value: Any) -> None: ...


class CrawlPaths:
    """Depths and reading marks of the stories of one crawl."""

    def __init__(self, notes: Notes | None = None, recent: int = KEPT_STORIES, *, shared: bool = False) -> None:
        """Args:
        notes: where stories read are noted; None for a crawl that will not be taken up again.
        recent: how many stories' links are kept.
        shared: other workers read stories of this crawl, too: what was asked for here may have been read there.
        """
        self._shared = shared
        self._notes = notes
        self._depths: dict[bytes, int] = {}
        self._read: set[bytes] = set()
        self._nearer: dict[bytes, int] = {}  # noted before a stop: stories whose requests wait with a longer way
        self._links: OrderedDict[str, list[LinkItem]] = OrderedDict()
        self._targets: dict[bytes, bytes] = {}  # of stories read in this run: a `_TARGET` for each link
        self._elsewhere: set[bytes] = set()
        self._recent = recent
        self._taken_up = False
        if notes is None:
            return
        for name, depth in notes.starting(READ_PREFIX):
            self._depths[bytes.fromhex(name)] = depth
            self._read.add(bytes.fromhex(name))
        for name, depth in notes.starting(NEARER_PREFIX):
            self._nearer[bytes.fromhex(name)] = depth
        self._taken_up = bool(self._depths)

    def note_request(self, step: Step) -> bool:
        """Note a step; tell whether its target is to be asked for: it has not been before.

        On a shared frontier it is asked for again by a shorter way, unless it was read here: the frontier knows whether
        it was read elsewhere.
        """
        key = bytes.fromhex(step.key)
        if key in self._depths and not (self._shared and step.depth < self._depths[key] and key not in self._read):
            return False
        self._depths[key] = min(step.depth, self._nearer.get(key, step.depth))
        if self._taken_up:  # its request may wait since before the stop, with a longer way
            self._note(NEARER_PREFIX, step.key, self._depths[key])
        return True

    def note_shorter_way(self, step: Step) -> bool:
        """Note a step; tell whether it reaches a story that was read, by fewer steps than any before."""
        key = bytes.fromhex(step.key)
        known = self._depths.get(key)
        if known is None or step.depth >= known:
            return False
        self._depths[key] = step.depth
        read = key in self._read
        self._note(READ_PREFIX if read else NEARER_PREFIX, step.key, step.depth)
        return read

    def depth(self, key: str, default: int) -> int:
        """Return the fewest steps from a seed to a story, as known by now."""
        raw = bytes.fromhex(key)
        return min(default, self._depths.get(raw, default), self._nearer.get(raw, default))

    def was_read_elsewhere(self, key: str) -> bool:
        """Tell whether a story was read in this run under another address, so that its own request can be spared.

        What was read before a stop does not count: it may have been lost before it was stored.
        """
        return bytes.fromhex(key) in self._elsewhere

    def is_known(self, key: str) -> bool:
        """Whether a story was asked for, or passed through, in this crawl."""
        return bytes.fromhex(key) in self._depths

    def was_read(self, key: str) -> bool:
        """Tell whether a story was read in this crawl."""
        return bytes.fromhex(key) in self._read

    def note_read(
        self,
        key: str,
        known_as: Sequence[str],
        depth: int,
        links: list[LinkItem] | None,
        *,
        by_redirect: bool = False,
    ) -> None:
        """Note that a story was read, also under its further keys.

        Args:
            links: those that lead on, but for their depth; None when the store has them.
            by_redirect: another story's address led to it, so that its own request can be spared.
        """
        targets = b"".join(
            _TARGET.pack(bytes.fromhex(link.to), math.nan if link.topic is None else link.topic) for link in links or ()
        )
        for name in (key, *known_as):
            raw = bytes.fromhex(name)
            self._read.add(raw)
            self._depths[raw] = min(depth, self._depths.get(raw, depth))
            self._note(READ_PREFIX, name, self._depths[raw])
            if known_as or by_redirect:
                self._elsewhere.add(raw)
            if links is not None:
                self._links[name] = links
                self._targets[raw] = targets
        while len(self._links) > self._recent:
            self._links.popitem(last=False)

    def steps_beyond(self, step: Step) -> list[Step] | None:
        """Return the steps beyond a story that was read in this run, if all lead to stories that were asked for before.

        Then no request can follow, and the links need not be looked at: in a deep crawl most shorter ways are so.

        Returns: None where the links are needed. The steps have no URL.
        """
        packed = self._targets.get(bytes.fromhex(step.key))
        if packed is None or self._shared:
            return None
        targets = list(_TARGET.iter_unpack(packed))
        if not all(key in self._depths for key, _ in targets):
            return None
        onward = []
        for key, topic in targets:
            path = path_relevance(step.path if math.isnan(topic) else topic, step.path)
            onward.append(
                Step(key=key.hex(), url="", depth=step.depth + 1, found_on=step.key, kind=step.kind, path=path)
            )
        return onward

    def links(self, key: str) -> list[LinkItem] | None:
        """Return the links of a story that was read lately; None when they are not kept here (any more)."""
        return self._links.get(key)

    def _note(self, what: str, key: str, depth: int) -> None:
        if self._notes is not None:
            self._notes[what + key] = depth
