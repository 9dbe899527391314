"""One pass over the tree: text, links, class cues and headings as flat lists, which all later steps share.

Walking lxml elements again and again is what makes block finding slow, so the tree is walked once, here. The
walk is bounded (`MAX_NODES`, `MAX_ANCHORS`, `MAX_DEPTH`): what lies beyond on a hostile page is not seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from lxml import etree

from kolcrawl.page.html import EMPHASIS, HEADINGS, INLINE, OUTSIDE_OUTLINE
from kolcrawl.page.related import lexicon

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_NODES = 40_000  # the largest real page met had 3,400
MAX_ANCHORS = 5_000
MAX_DEPTH = 250
MAX_ATTRIBUTES = 200  # lxml reads them in quadratic time
_CROWDED = etree.XPath(f"boolean(/descendant::*[@*[{MAX_ATTRIBUTES}]])")
LONGEST_NAMES = 300  # characters of a class attribute that are looked at
PROSE_LENGTH = 10  # characters, at least, of a text that may be prose
MAX_PIECE = 20_000  # characters of one text node

PLACES_IN_LIST = frozenset(  # classes that tell the items of one list apart, not one list from another
    ["first", "last", "odd", "even", "center", "middle", "left", "right", "active", "current", "on", "cur", "alt",
     "hover", "selected", "fl", "fr", "clearfix", "cf", "mr0", "ml0", "nobg", "noborder", "no-border", "bold", "clear"]
)  # fmt: skip
GAPS = (" ", "\n")
LABELS = frozenset(("aria-label", "data-title", "data-heading"))
MORE = 10  # characters of a link to the whole list, beside the heading
BRIEF = 16  # characters of a heading that has such a link beside it
NAMING = frozenset((
    "class", "id", "role", "itemprop", "data-component", "data-module", "data-testid", "data-type",
    "data-name", "data-block", "data-area", "data-zone", "data-label", "data-track-module", "data-vr-zone",
    "data-tb-region", "data-region", "data-widget", "data-section", "bosszone",
))  # fmt: skip


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

    def words(self, node: int, most: int = 400) -> str:
        """The node's text with white space collapsed, at most about `most` characters."""
        start = self.start[node]
        return " ".join(self.text[start : min(self.end[node], start + most)].split())

    def heading_text(self, index: int) -> str:
        """The text of a heading, white space collapsed."""
        heading = self.headings[index]
        if heading.text is None:
            heading.text = self.words(heading.node if heading.words < 0 else heading.words, 200)
        return heading.text

    def label_of(self, node: int) -> int:
        """Index of the heading made of the node's own label attribute, or -1."""
        return self.labels.get(node, -1)

    def signature(self, node: int) -> str:
        """Tag and first telling class: what the items of one list have in common."""
        return _signature(self.tags[node], self.names[node][:LONGEST_NAMES])


@lru_cache(maxsize=8_192)  # the pages of a site share their templates
def _signature(tag: str, names: str) -> str:
    for name in names.split(None, 3)[:3]:
        if name.lower() not in PLACES_IN_LIST:
            return f"{tag}.{name.rstrip('0123456789')}"
    return tag


def outline(root: HtmlElement) -> Outline:
    """Walk the tree below `root` once."""
    crowded = _CROWDED(root)
    body = root.find("body")
    top = body if body is not None else root
    out = Outline()
    elements, tags, parents, names = out.elements, out.tags, out.parents, out.names
    cues, inherited, start, end = out.cues, out.inherited, out.start, out.end
    link_start, link_end, first_anchor = out.link_start, out.link_end, out.first_anchor
    last_anchor, own, heading_before = out.last_anchor, out.own, out.heading_before
    anchors, headings, hrefs = out.anchors, out.headings, out.hrefs
    pieces: list[str] = []
    runs = out.runs
    position = linked = 0
    inside_link = 0
    last_link: list[int] = []  # open anchors, outermost first
    slot: list[int] = []  # per node: the latest heading among its children
    inner: list[int] = []  # per node: the first heading element in it, or -1
    alternative = out.alternatives
    block: list[int] = []  # per node: itself, or its nearest block-level ancestor
    class_cues = lexicon.class_cues
    head_class = lexicon.CUE_HEAD

    def enter(element: HtmlElement, tag: str, parent: int) -> int:
        nonlocal inside_link
        node = len(elements)
        elements.append(element)
        tags.append(tag)
        parents.append(parent)
        name = href = label = first = ""
        for key, value in element.items() if not crowded or len(element.attrib) < MAX_ATTRIBUTES else ():
            if key == "class":
                name = f"{value} {name}"
                first = value
            elif key in NAMING:
                name = f"{name} {value}"
            elif key == "href":
                href = value
            elif key in LABELS and 2 < len(value) < 60:
                label = value
        names.append(first)
        mine = class_cues(name[:LONGEST_NAMES]) if name else 0
        cues.append(mine)
        inherited.append(mine | inherited[parent] if parent >= 0 else mine)
        start.append(position)
        end.append(position)
        link_start.append(linked)
        link_end.append(linked)
        first_anchor.append(len(anchors))
        last_anchor.append(len(anchors))
        own.append(0)
        heading_before.append(slot[parent] if parent >= 0 else -1)
        slot.append(-1)
        inner.append(node if tag in HEADINGS else -1)
        block.append(block[parent] if tag in INLINE and parent >= 0 else node)
        if label and not inside_link and tag != "a":
            headings.append(Heading(node, " ".join(label.split()), position, len(anchors), 4, -1))
            out.labels[node] = len(headings) - 1
        if tag == "a" and href and href[0] != "#" and href.lstrip()[:11].lower() != "javascript:":
            inside_link += 1
            last_link.append(node)
            anchors.append(node)
            hrefs.append(href)
        return node

    def say(piece: str, node: int) -> None:
        nonlocal position, linked
        if piece.isspace():
            if pieces and pieces[-1] not in GAPS:
                pieces.append(" ")
                position += 1
                linked += inside_link > 0
            return
        said = " ".join(piece.split() if len(piece) <= MAX_PIECE else piece[:MAX_PIECE].split())
        if piece[0].isspace():
            said = " " + said
        if piece[-1].isspace():
            said += " "
        pieces.append(said)
        size = len(said)
        position += size
        if inside_link:
            linked += size
            return
        own[block[node]] += size
        if len(piece) >= PROSE_LENGTH:
            runs.append((node, piece))
        if 1 < size <= 60 and tags[node] not in INLINE:
            headings.append(Heading(node, said.strip(), position, len(anchors), 0, slot[node]))
            slot[node] = len(headings) - 1

    def leave(node: int, parent: int) -> None:
        nonlocal inside_link
        tag = tags[node]
        if tag == "a" and inside_link and last_link and last_link[-1] == node:
            inside_link -= 1
            last_link.pop()
        end[node] = position
        link_end[node] = linked
        last_anchor[node] = len(anchors)
        if parent < 0:
            return
        if node in alternative and parent not in alternative:
            alternative[parent] = alternative[node]
        if inner[parent] < 0:
            inner[parent] = inner[node]
        if inside_link:
            return
        size = position - start[node]
        linking = len(anchors) - first_anchor[node]
        is_head = tag in HEADINGS or cues[node] & head_class
        if size <= 1 and not linking and node in alternative:
            text = alternative[node]
            if 1 < len(text) <= 40:
                headings.append(Heading(node, text, position, len(anchors), 1, slot[parent]))
                slot[parent] = len(headings) - 1
        elif 1 < size <= 100 and (not linking or ((linking <= 2 and is_head) or inner[node] >= 0)):
            if inner[node] >= 0:
                strength = 3
            elif is_head or tag in EMPHASIS:
                strength = 2
            else:
                strength = 1
            headings.append(Heading(node, None, position, len(anchors), strength, slot[parent]))
            head = inner[node]
            if (
                linking
                and node != head >= 0
                and size - (end[head] - start[head]) <= MORE
                and end[head] - start[head] <= BRIEF
            ):
                headings[-1].words = head
            slot[parent] = len(headings) - 1
        elif size - (linked - link_start[node]) > 250 and linking <= 4:
            slot[parent] = -1  # running text: what stood above it heads nothing below it

    node = enter(top, top.tag if isinstance(top.tag, str) else "body", -1)
    if top.text:
        say(top.text, node)
    todo = [None, *reversed(top)]  # elements to come, the next one last; None where the open node ends
    depth = 1
    while todo:
        element = todo.pop()
        if element is None:
            parent = parents[node]
            leave(node, parent)
            if tags[node] not in INLINE:
                pieces.append("\n")
                position += 1
            if parent >= 0 and (tail := elements[node].tail):
                say(tail, parent)
            node = parent
            depth -= 1
            continue
        tag = element.tag
        if not isinstance(tag, str) or tag in OUTSIDE_OUTLINE or depth > MAX_DEPTH:
            out.cut |= depth > MAX_DEPTH
        elif tag == "br":
            pieces.append("\n")
            position += 1
        elif tag == "img":
            out.pictured.add(node)
            if parents[node] >= 0 and tags[node] != "body":
                out.pictured.add(parents[node])
            alt = element.get("alt")
            if alt and node not in alternative:
                alternative[node] = " ".join(alt[:120].split())
        elif len(elements) >= MAX_NODES or len(anchors) >= MAX_ANCHORS:
            out.cut = True
            break
        else:
            block_level = tag not in INLINE
            if block_level:
                pieces.append("\n")
                position += 1
            child = enter(element, tag, node)
            if text := element.text:
                say(text, child)
            if inner_elements := element[::-1]:
                todo.append(None)
                todo += inner_elements
                node = child
                depth += 1
                continue
            leave(child, node)
            if block_level:
                pieces.append("\n")
                position += 1
        if tail := element.tail:
            say(tail, node)
    while node >= 0:  # cut: what is open ends here
        end[node], link_end[node], last_anchor[node] = position, linked, len(anchors)
        node = parents[node]
    out.text = "".join(pieces)
    return out
