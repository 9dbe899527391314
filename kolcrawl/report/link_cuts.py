"""Stories that links led to and that the crawl did not ask for, by reason. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Final

from kolcrawl.policy.scope import CUT_ORDER

MAX_CUT_STORIES: Final = 300_000
"""Stories that are remembered, in some 40 MB; a crawl of the open web sees links without end."""


class LinkCuts:
    """Reasons why stories were not asked for, each story once, as long as no other link leads to it.

    Set by the spider as it judges links.
    """

    def __init__(self, most: int = MAX_CUT_STORIES) -> None:
        """Begin with none.

        Args:
            most: stories that are remembered; further ones are counted once a link, under the same reasons.
        """
        self._most = most
        self._cut: dict[bytes, tuple[str, str]] = {}
        self._uncounted: Counter[str] = Counter()

    def cut(self, key: str, reason: str, kind: str) -> None:
        """Note that a link to a story is not followed.

        Args:
            key: of the story, which was not asked for before.
            reason: a `kolcrawl.policy.scope.Reason`.
            kind: of the link.
        """
        raw = bytes.fromhex(key)
        known = self._cut.get(raw)
        if known is None and len(self._cut) >= self._most:
            self._uncounted[reason] += 1
        elif known is None or CUT_ORDER.get(reason, 0) > CUT_ORDER.get(known[0], 0):
            self._cut[raw] = (reason, kind)

    def follow(self, key: str) -> None:
        """Note that a story is asked for after all."""
        if self._cut:
            self._cut.pop(bytes.fromhex(key), None)

    @property
    def reasons(self) -> Counter[str]:
        """Stories by reason; those beyond `MAX_CUT_STORIES` may be counted more than once."""
        return Counter(reason for reason, _ in self._cut.values()) + self._uncounted

    @property
    def kinds(self) -> Counter[str]:
        """Stories that only links of a kind that is not followed lead to, by that kind."""
        return Counter(kind for reason, kind in self._cut.values() if reason == "kind")
