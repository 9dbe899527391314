"""The outline of a page: text, links, class cues and headings as flat lists, which all later steps share."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from lxml.html import HtmlElement

LONGEST_NAMES = 300  # characters of a class attribute that are looked at

PLACES_IN_LIST = frozenset(  # classes that tell the items of one list apart, not one list from another
    ["first", "last", "odd", "even", "center", "middle", "left", "right", "active", "current", "on", "cur", "alt",
     "hover", "selected", "fl", "fr", "clearfix", "cf", "mr0", "ml0", "nobg", "noborder", "no-border", "bold", "clear"]
)  # fmt: skip


@dataclass(slots=True)
class Heading:
    """A short text that may head what follows it among its siblings."""

    node: int
    """Index of its element, or of the parent when it is a bare text."""
    text: str | None
    """None until asked for: `Outline.heading_text`."""
    end: int
    """Offset in the text at which it ends."""
    anchors: int
    """How many anchors of the page stand before its end."""
    strength: int
    """3 heading tag, 2 emphasis or a heading's class, 1 other element, 0 bare text, 4 a label attribute."""
    previous: int
    """The heading before it under the same parent, or -1."""
    words: int = -1
    """The part of the element that holds its words, or -1 for all of it."""


@dataclass(slots=True)
class Outline:
    """The page as flat lists. A node is an index into them, in document order; node 0 is the body."""

    elements: list[HtmlElement] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """The class attribute."""
    ids: dict[int, str] = field(default_factory=dict)
    """The id of the nodes that have one."""
    data: list[tuple[int, str]] = field(default_factory=list)
    """Nodes with a long attribute that begins like an object or array, and the attribute."""
    items: list[int] = field(default_factory=list)
    """Nodes with an itemprop attribute."""
    rels: dict[int, str] = field(default_factory=dict)
    """The rel attribute of `a` elements, in lower case."""
    in_new_tab: set[int] = field(default_factory=set)
    """The `a` elements that open a new tab."""
    by_name: dict[str, list[int]] = field(default_factory=dict)
    """Nodes by class, or by id where they have no class; filled in by `named`."""
    cues: list[int] = field(default_factory=list)
    """`lexicon.class_cues` of the node's own names."""
    inherited: list[int] = field(default_factory=list)
    """The same, with those of all ancestors."""
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    """Span of the node in `text`."""
    link_start: list[int] = field(default_factory=list)
    link_end: list[int] = field(default_factory=list)
    """Characters of link text before the node's start and end."""
    first_anchor: list[int] = field(default_factory=list)
    last_anchor: list[int] = field(default_factory=list)
    """Span of the node in `anchors`."""
    own: list[int] = field(default_factory=list)
    """Characters of unlinked text that belong to this node as the nearest block-level element."""
    heading_before: list[int] = field(default_factory=list)
    """The nearest heading among the node's elder siblings, or -1."""
    anchors: list[int] = field(default_factory=list)
    """Nodes of the `a` elements that lead somewhere."""
    hrefs: list[str] = field(default_factory=list)
    """Their hrefs, as written."""
    headings: list[Heading] = field(default_factory=list)
    added: dict[int, int] = field(default_factory=dict)
    """Headings by node, as far as `heading_of` was asked for them."""
    labels: dict[int, int] = field(default_factory=dict)
    """Heading index of a node's own label attribute (aria-label and the like)."""
    alternatives: dict[int, str] = field(default_factory=dict)
    """The text of the first image below a node."""
    runs: list[tuple[int, str]] = field(default_factory=list)
    """Texts outside of links that may be prose, as written, each with the node that it stands in directly."""
    pictured: set[int] = field(default_factory=set)
    """Nodes with an image directly or one level below."""
    text: str = ""
    cut: bool = False
    """The page was larger than the bounds."""

    def named(self, tags: AbstractSet[str], is_wanted: Callable[[str], bool]) -> Iterator[HtmlElement]:
        """Return the elements of some tags whose class is wanted, or whose id where they have none, in page order."""
        if not self.by_name:
            for node, names in enumerate(self.names):
                if name := names or self.ids.get(node):
                    self.by_name.setdefault(name, []).append(node)
        found = [node for name, nodes in self.by_name.items() if is_wanted(name) for node in nodes]
        return (self.elements[node] for node in sorted(found) if self.tags[node] in tags)

    def links_marked(self, rel: str) -> Iterator[HtmlElement]:
        """Return the `a` elements that have a word in their rel attribute."""
        return (self.elements[node] for node, rels in self.rels.items() if rel in rels.split())

    def words(self, node: int, most: int = 400) -> str:
        """Read the node's text with white space collapsed, at most about `most` characters."""
        start = self.start[node]
        return " ".join(self.text[start : min(self.end[node], start + most)].split())

    def heading_text(self, index: int) -> str:
        """Read the text of a heading, white space collapsed."""
        heading = self.headings[index]
        if heading.text is None:
            heading.text = self.words(heading.node if heading.words < 0 else heading.words, 200)
        return heading.text

    def heading_of(self, node: int) -> int:
        """Return the index of the heading that is an element; it is added when the walk took it for none."""
        if node not in self.added:
            known = next((i for i, heading in enumerate(self.headings) if heading.node == node), -1)
            self.added[node] = known if known >= 0 else len(self.headings)
            if known < 0:
                self.headings.append(Heading(node, None, self.end[node], self.last_anchor[node], 1, -1))
        return self.added[node]

    def label_of(self, node: int) -> int:
        """Return the index of the heading made of the node's own label attribute, or -1."""
        return self.labels.get(node, -1)

    def signature(self, node: int) -> str:
        """Name tag and first telling class: what the items of one list have in common."""
        return _signature(self.tags[node], self.names[node][:LONGEST_NAMES])


@lru_cache(maxsize=8_192)  # the pages of a site share their templates
def _signature(tag: str, names: str) -> str:
    for name in names.split(None, 3)[:3]:
        if name.lower() not in PLACES_IN_LIST:
            return f"{tag}.{name.rstrip('0123456789')}"
    return tag
