"""Links and the blocks that they stand in: what `link_blocks` finds and the other modules describe and judge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kolcrawl.urls.shape import Shape
    from kolcrawl.urls.targets import Target


@dataclass(slots=True)
class Link:
    """One story that a block offers: all anchors of one target in one item."""

    node: int
    """The anchor that says most."""
    target: Target
    shape: Shape
    text: str
    """Its headline, as far as one is shown."""
    width: float
    """Length of `text`, an East Asian character counting for more."""
    item: int
    """The largest element around its anchors that holds no other story."""
    alike: float
    """Likeness of its address to the page's own, 0 to 1."""
    start: int
    end: int
    """Span of its anchors in the text."""
    order: int
    """Index of its first anchor on the page."""
    anchors: list[int] = field(default_factory=list)
    """Nodes of all its anchors."""
    storylike: bool = False
    """Its text and address are a story's."""


@dataclass(slots=True)
class LinkBlock:
    """Links whose items are built alike, under one heading."""

    links: list[Link]
    heading: int
    """Index into the outline's headings, or -1."""
    heading_level: int
    """How many levels above the first item the heading stands."""
    container: int
    """The node that holds the first item."""
    signature: tuple[str, ...]
    """What the items have in common: tag and class of the anchor and of the elements around it."""
    lead: str = ""
    """Words directly before a lone link, in the same line."""


@dataclass(slots=True)
class LinkBlocks:
    """All blocks of a page, in page order."""

    blocks: list[LinkBlock]
    shown: dict[str, int]
    """How many times each target is linked on the page, by story key."""
    own_orders: list[int]
    """Orders of the anchors that lead to the page itself."""
