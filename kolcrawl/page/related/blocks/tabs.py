"""Tell the panels of tabs apart: each stands under its own tab, not under the row of all of them.

Entry point: `Tabs(outline).heading(index, link)`.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from kolcrawl.page.lexicon import KIND_MEANINGS
from kolcrawl.page.related.phrases import is_no_heading, list_meanings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kolcrawl.page.outline import Outline
    from kolcrawl.page.related.blocks.link_types import Link

MAX_TAB = 30  # characters of a tab
MAX_TABS = 8
MAX_TAB_PARTS = 16  # elements in a row of tabs, those that are no tabs among them
MIN_NAMED = 2  # tabs whose words name a kind of list
MIN_PANEL_LINKS = 2
MAX_TAB_WRAPPERS = 3  # elements around all panels, or around all tabs


class Tabs:
    """The tabs of one page."""

    def __init__(self, outline: Outline) -> None:
        """Look for tabs in an outline when they are asked for."""
        self.outline = outline
        self._known: dict[int, tuple[list[int], list[int]]] = {}

    def heading(self, index: int, link: Link) -> int:
        """Return the heading of the panel in which a link stands; `index` itself where it heads no tabs.

        Args:
            index: of the heading under which the link stands.
            link: the link.
        """
        if index not in self._known:
            tabs = self._tabs_in(self.outline.headings[index].node) or self._tabs_before(index)
            self._known[index] = (tabs, self._panels(index, len(tabs)) if tabs else [])
        tabs, panels = self._known[index]
        at = bisect_right(panels, link.node) - 1
        if at < 0 or len(panels) != len(tabs):
            return index
        return self.outline.heading_of(tabs[at]) if tabs[at] >= 0 else -1 - tabs[at]

    def _tabs_in(self, bar: int) -> list[int]:
        """Return the nodes of the tabs that an element holds, if it is a row of tabs."""
        parts = self._children(bar, MAX_TAB_PARTS + 1)
        for _ in range(MAX_TAB_WRAPPERS):
            if len(parts) != 1:
                break
            parts = self._children(parts[0], MAX_TAB_PARTS + 1)
        if len(parts) > MAX_TAB_PARTS:
            return []
        parts = [part for part in parts if not is_no_heading(self.outline.words(part, MAX_TAB + 1))]
        return parts if self._are_tabs([self.outline.words(part, MAX_TAB + 1) for part in parts]) else []

    def _tabs_before(self, index: int) -> list[int]:
        """Return the headings that stand side by side up to one, as `-1 - index`, if they are tabs."""
        headings = self.outline.headings
        run = [index]
        while len(run) <= MAX_TABS:
            before = headings[run[0]].previous
            if before < 0 or headings[before].anchors != headings[index].anchors:
                break
            run.insert(0, before)
        while len(run) > 1 and not self._names_kind(self.outline.heading_text(run[0])):
            run.pop(0)
        texts = [self.outline.heading_text(at) for at in run]
        return [-1 - at for at in run] if all(map(self._names_kind, texts)) and self._are_tabs(texts) else []

    def _are_tabs(self, texts: Sequence[str]) -> bool:
        if not MIN_NAMED <= len(texts) <= MAX_TABS or not all(0 < len(text) <= MAX_TAB for text in texts):
            return False
        return sum(map(self._names_kind, texts)) >= MIN_NAMED

    def _names_kind(self, text: str) -> bool:
        return bool(list_meanings(text) & KIND_MEANINGS)

    def _panels(self, index: int, count: int) -> list[int]:
        """Return the nodes of so many panels that stand behind a heading; an empty list when there are not as many."""
        outline = self.outline
        heading = outline.headings[index]
        parent = outline.parents[heading.node] if heading.strength else heading.node
        behind = [
            node for node in self._children(parent) if outline.start[node] >= heading.end and self._is_panel(node)
        ]
        within = behind[:1]
        for _ in range(MAX_TAB_WRAPPERS):
            within = [node for child in within for node in self._children(child) if self._is_panel(node)]
            if len(within) == count:
                return within
            if len(within) != 1:
                break
        return behind[:count] if len(behind) >= count else []

    def _is_panel(self, node: int) -> bool:
        return self.outline.last_anchor[node] - self.outline.first_anchor[node] >= MIN_PANEL_LINKS

    def _children(self, node: int, most: int | None = None) -> list[int]:
        parents = self.outline.parents
        found: list[int] = []
        at = node + 1
        while at < len(parents) and parents[at] >= node and len(found) != most:
            if parents[at] == node:
                found.append(at)
            at += 1
        return found
