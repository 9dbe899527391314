"""Stories that no earlier crawl had read: how many, and the most relevant of them by name. Pure."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

from kolcrawl.locale import tr, trn

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from kolcrawl.items import StoryItem

MAX_NAMED_NEW: Final = 10
"""New stories that a report names."""


class NewStories:
    """Counts the stories of a crawl that are new, where earlier crawls had read others of them."""

    def __init__(self) -> None:
        self.new = self.known = 0
        self._most_relevant: list[tuple[float, str, str, str]] = []
        """Relevance, key, title and URL; a heap, whose first is the least relevant."""

    def add(self, item: StoryItem) -> None:
        """Count a story that was read."""
        if item.is_known:
            self.known += 1
            return
        self.new += 1
        entry = (item.relevance or 0.0, item.key, item.title or item.url, item.url)
        # twice as many as are shown: some may turn out to have returned
        heapq.heappush(self._most_relevant, entry)
        if len(self._most_relevant) > 2 * MAX_NAMED_NEW:
            heapq.heappop(self._most_relevant)

    def lines(self, returned: Collection[str], *, not_due: int = 0) -> Iterator[str]:
        """Write the lines of a report; none for a crawl to which all was new.

        Args:
            returned: keys of the stories that were read before they were gone: they are not new.
            not_due: known stories that were not asked for.
        """
        n = self.new - len(returned)
        if n <= 0 or not (self.known or not_due):
            return
        yield trn("{n} new story:", "{n} new stories:", n)
        named = [entry for entry in sorted(self._most_relevant, reverse=True) if entry[1] not in returned]
        for _, _, title, url in named[:MAX_NAMED_NEW]:
            yield tr("  {title}  {url}", title=title, url=url)
        if n > MAX_NAMED_NEW:
            yield tr("  and {n} more", n=n - MAX_NAMED_NEW)
