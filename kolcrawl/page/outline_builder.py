"""One pass over the tree of a page, which makes its `Outline`.

Walking lxml elements again and again is what makes reading slow, so the tree is walked once, here. The walk is bounded
(`MAX_OUTLINE_NODES`, `MAX_ANCHORS`, `MAX_OUTLINE_DEPTH`): what lies beyond on a hostile page is not seen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml.etree import Comment

from kolcrawl.page import lexicon
from kolcrawl.page.html import EMPHASIS, HEADINGS, INLINE, OUTSIDE_OUTLINE
from kolcrawl.page.outline import LONGEST_NAMES, Heading, Outline
from kolcrawl.page.scripts.hidden_markup import HiddenMarkup

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.html import HtmlElement

MAX_OUTLINE_NODES = 25_000  # the largest real page met had 3,400
MAX_OUTLINE_TEXT = 1_000_000  # characters; the longest real story met has 120,000
MAX_ANCHORS = 5_000
MAX_ADDRESSED = 1_000_000  # characters of all their addresses
LONGEST_ADDRESSED = 2_000  # of one that are counted: pictures and scripts may stand in one, and are not taken apart
MAX_OUTLINE_DEPTH = 250
MAX_ELEMENT_ATTRIBUTES = 200  # lxml reads them in quadratic time, which `bounds` keeps short but for the body element
LONGEST_PIECE = 20_000  # characters of one text node
MIN_DATA_ATTRIBUTE = 80  # characters of an attribute with data
MAX_SCRIPT = 1_000  # characters of an attribute's script
LONGEST_ALTERNATIVE = 120  # characters of an image's alternative text
PROSE_LENGTH = 10  # characters, at least, of a text that may be prose
LABEL_LENGTHS = range(3, 60)  # characters of a label attribute that may be a heading
BARE_HEADING = 60  # characters, at most, of a text without an element of its own that may be a heading
LONGEST_HEADING = 100  # characters
LONGEST_PICTURED_HEADING = 40  # characters of an image's alternative text that may be a heading
MAX_HEADING_LINKS = 2  # in a heading that is known by its tag or class
RUNNING_TEXT = 250  # characters of unlinked text behind which no elder heading counts
MAX_TEXT_LINKS = 4  # in such a text
LONGEST_MORE_LINK = 10  # characters of a link to the whole list, beside the heading
LONGEST_HEADING_WITH_MORE = 16  # characters of a heading that has such a link beside it

HIDING = frozenset(("script", "textarea", Comment))
"""Tags of elements in which pages keep markup for scripts to show."""

LABEL, HEADING_TAG, EMPHASIZED, PLAIN, BARE = 4, 3, 2, 1, 0
"""Strengths of headings: a label attribute, a heading tag, emphasis or a heading's class, any element, bare text."""

_GAPS = (" ", "\n")
_CLASS, _ID, _NAME, _HREF, _NOTED, _TARGET, _LABEL_ATTRIBUTE = range(7)
# One look-up an attribute: most have none of these names.
_ATTRIBUTES = {
    "class": _CLASS,
    "href": _HREF,
    "id": _ID,
    **dict.fromkeys(("rel", "target", "itemprop"), _NOTED),
    **dict.fromkeys(("aria-label", "data-title", "data-heading"), _LABEL_ATTRIBUTE),
    # by which a script makes a link of an element
    **dict.fromkeys(("data-url", "data-href", "data-link", "onclick"), _TARGET),
    **dict.fromkeys(
        ("role", "data-component", "data-module", "data-testid", "data-type", "data-name",
         "data-block", "data-area", "data-zone", "data-label", "data-track-module", "data-vr-zone", "data-tb-region",
         "data-region", "data-widget", "data-section", "bosszone"),
        _NAME,
    ),
}  # fmt: skip
_SHOWING_ITEMS = ("a", "li", "dd", "tr")
"""Elements that lead where their `data-url` says; on others that is where what they hold comes from."""
_LOCATION = re.compile(
    r"""(?:location(?:\.href)?\s*=|location\.assign\(|window\.open\()\s*(["'])([^"'<>\s]{2,500})\1"""
)
# Folders, and a page with a digit in its name: scripts put it behind the site's root.
_FROM_ROOT = re.compile(r"(?:[\w-]+/)+[\w-]*\d[\w-]*(?:\.(?:s?html?|php|aspx?|jsp))?")


def build_outline(root: HtmlElement, parse: Callable[[str], HtmlElement] | None = None) -> Outline:
    """Walk the tree below `root` once.

    Args:
        root: of the page; not changed.
        parse: makes a body element of markup that scripts are to show, whose links are links of the page; without it,
            such markup is passed over.
    """
    return _Builder(root, parse).build()


def _target_of(element: HtmlElement, name: str, value: str) -> str:
    """Return where a script leads from an element by an attribute of it; an empty string when to nothing known.

    An element that holds links of its own is none: its attribute says where it is, not where it leads.
    """
    if element.tag != "a" and next(element.iterdescendants("a"), None) is not None:
        return ""
    if element.tag not in _SHOWING_ITEMS and name == "data-url":
        return ""
    if name == "onclick":
        found = _LOCATION.search(value[:MAX_SCRIPT])
        value = found[2] if found else ""
    if name == "data-href" and _FROM_ROOT.fullmatch(value):
        return f"/{value}"
    return value if value.startswith(("/", "http:", "https:")) else ""


class _Builder:
    """The walk, and what is open at its place."""

    __slots__ = ("addressed", "blocks", "first_heading", "hidden", "last_heading", "linked", "open_links", "out",
                 "pieces", "position", "top")  # fmt: skip

    def __init__(self, root: HtmlElement, parse: Callable[[str], HtmlElement] | None) -> None:
        self.hidden = HiddenMarkup(parse) if parse else None
        body = root.find("body")
        self.top = body if body is not None else root
        self.out = Outline()
        self.pieces: list[str] = []
        self.position = 0
        """Characters of the text so far."""
        self.linked = 0
        """Those of them that are link text."""
        self.addressed = 0
        """Characters of the addresses so far."""
        self.open_links: list[int] = []
        """Outermost first."""
        self.last_heading: list[int] = []
        """Per node: the latest heading among its children, or -1."""
        self.first_heading: list[int] = []
        """Per node: the first heading element in it, or -1."""
        self.blocks: list[int] = []
        """Per node: itself, or its nearest block-level ancestor."""

    def build(self) -> Outline:
        out, top = self.out, self.top
        elements, parents, pieces = out.elements, out.parents, self.pieces
        node = self._enter(top, top.tag if isinstance(top.tag, str) else "body", -1)
        if top.text:
            self._add_text(top.text, node)
        todo = [None, *reversed(top)]  # elements to come, the next one last; None where the open node ends
        depth = 1
        while todo:
            element = todo.pop()
            if element is None:
                parent = parents[node]
                self._leave(node, parent)
                if parent >= 0 and (tail := elements[node].tail):
                    self._add_text(tail, parent)
                node = parent
                depth -= 1
                continue
            tag = element.tag
            if not isinstance(tag, str) or tag in OUTSIDE_OUTLINE or depth > MAX_OUTLINE_DEPTH:
                out.cut |= depth > MAX_OUTLINE_DEPTH
                if self.hidden and tag in HIDING and (shown := self.hidden.unpack(element)) is not None:
                    todo.append(shown)
            elif tag == "br":
                pieces.append("\n")
                self.position += 1
            elif tag == "img":
                self._add_picture(element, node)
            elif self._is_full():
                out.cut = True
                break
            else:
                if tag not in INLINE:
                    pieces.append("\n")
                    self.position += 1
                child = self._enter(element, tag, node)
                if text := element.text:
                    self._add_text(text, child)
                if inner := element[::-1]:
                    todo.append(None)
                    todo += inner
                    node = child
                    depth += 1
                    continue
                self._leave(child, node)
            if tail := element.tail:
                self._add_text(tail, node)
        while node >= 0:  # cut: what is open ends here
            out.end[node], out.link_end[node], out.last_anchor[node] = self.position, self.linked, len(out.anchors)
            node = parents[node]
        out.text = "".join(self.pieces)
        return out

    def _is_full(self) -> bool:
        """Tell whether no more of the page is read."""
        out = self.out
        return (
            len(out.elements) >= MAX_OUTLINE_NODES
            or len(out.anchors) >= MAX_ANCHORS
            or self.position >= MAX_OUTLINE_TEXT
            or self.addressed >= MAX_ADDRESSED
        )

    def _enter(self, element: HtmlElement, tag: str, parent: int) -> int:
        """Add a node for an element; return it."""
        out = self.out
        node = len(out.elements)
        out.elements.append(element)
        out.tags.append(tag)
        out.parents.append(parent)
        names = href = target = label = own_class = ""
        for key, value in element.items() if parent >= 0 or len(element.attrib) < MAX_ELEMENT_ATTRIBUTES else ():
            if len(value) > MIN_DATA_ATTRIBUTE and value[0] in "{[":
                out.data.append((node, value))
            if (role := _ATTRIBUTES.get(key)) is None:
                continue
            if role == _CLASS:
                names = f"{value} {names}"
                own_class = value
            elif role == _HREF:
                href = value
            elif role == _NAME:
                names = f"{names} {value}"
            elif role == _ID:
                names = f"{names} {value}"
                out.ids[node] = value
            elif role == _NOTED:
                names += self._note(key, value, node, tag)
            elif role == _TARGET:
                target = _target_of(element, key, value) or target
            elif len(value) in LABEL_LENGTHS:
                label = value
        out.names.append(own_class)
        cues = lexicon.class_cues(names[:LONGEST_NAMES]) if names else 0
        out.cues.append(cues)
        position, linked, anchors = self.position, self.linked, len(out.anchors)
        out.start.append(position)
        out.end.append(position)
        out.link_start.append(linked)
        out.link_end.append(linked)
        out.first_anchor.append(anchors)
        out.last_anchor.append(anchors)
        out.own.append(0)
        if parent >= 0:
            out.inherited.append(cues | out.inherited[parent])
            out.heading_before.append(self.last_heading[parent])
            self.blocks.append(self.blocks[parent] if tag in INLINE else node)
        else:
            out.inherited.append(cues)
            out.heading_before.append(-1)
            self.blocks.append(node)
        self.last_heading.append(-1)
        self.first_heading.append(node if tag in HEADINGS else -1)
        if label and not self.open_links and tag != "a":
            out.headings.append(Heading(node, " ".join(label.split()), position, anchors, LABEL, -1))
            out.labels[node] = len(out.headings) - 1
        if tag == "a" and href and href[0] != "#" and href.lstrip()[:11].lower() != "javascript:":
            target = href
        if target:
            self._add_anchor(node, target)
        return node

    def _add_anchor(self, node: int, target: str) -> None:
        self.open_links.append(node)
        self.out.anchors.append(node)
        self.out.hrefs.append(target)
        self.addressed += min(len(target), LONGEST_ADDRESSED)

    def _note(self, name: str, value: str, node: int, tag: str) -> str:
        """Note an attribute that readers of facts ask for; return what it adds to the names of its element."""
        if name == "itemprop":
            self.out.items.append(node)
            return f" {value}"
        if tag == "a" and name == "rel":
            self.out.rels[node] = value.lower()
        elif tag == "a" and value == "_blank":
            self.out.in_new_tab.add(node)
        return ""

    def _leave(self, node: int, parent: int) -> None:
        """End a node: what it holds is known now, and whether it heads what follows it."""
        out = self.out
        open_links = self.open_links
        if open_links and open_links[-1] == node:
            open_links.pop()
        out.end[node] = self.position
        out.link_end[node] = self.linked
        out.last_anchor[node] = len(out.anchors)
        if parent >= 0:
            alternatives = out.alternatives
            if node in alternatives and parent not in alternatives:
                alternatives[parent] = alternatives[node]
            if self.first_heading[parent] < 0:
                self.first_heading[parent] = self.first_heading[node]
            # what shows nothing heads nothing, and most such elements are met here
            if not open_links and (self.position - out.start[node] > 1 or node in alternatives):
                self._judge_heading(node, parent)
        if out.tags[node] not in INLINE:
            self.pieces.append("\n")
            self.position += 1

    def _judge_heading(self, node: int, parent: int) -> None:
        """Keep an ended node as a heading if it may head what follows it among its siblings."""
        out = self.out
        size = self.position - out.start[node]
        links = len(out.anchors) - out.first_anchor[node]
        inner = self.first_heading[node]
        marked = out.tags[node] in HEADINGS or out.cues[node] & lexicon.CUE["title"]
        if size <= 1 and not links and node in out.alternatives:
            alternative = out.alternatives[node]
            if 1 < len(alternative) <= LONGEST_PICTURED_HEADING:
                self._add_heading(Heading(node, alternative, self.position, len(out.anchors), PLAIN, -1), parent)
        elif 1 < size <= LONGEST_HEADING and (not links or inner >= 0 or (links <= MAX_HEADING_LINKS and marked)):
            unheaded = EMPHASIZED if marked or out.tags[node] in EMPHASIS else PLAIN
            strength = HEADING_TAG if inner >= 0 else unheaded
            heading = Heading(node, None, self.position, len(out.anchors), strength, -1)
            if links and node != inner >= 0:
                length = out.end[inner] - out.start[inner]
                if length <= LONGEST_HEADING_WITH_MORE and size - length <= LONGEST_MORE_LINK:
                    heading.words = inner
            self._add_heading(heading, parent)
        elif size - (self.linked - out.link_start[node]) > RUNNING_TEXT and links <= MAX_TEXT_LINKS:
            self.last_heading[parent] = -1  # running text: what stood above it heads nothing below it

    def _add_heading(self, heading: Heading, parent: int) -> None:
        heading.previous = self.last_heading[parent]
        self.out.headings.append(heading)
        self.last_heading[parent] = len(self.out.headings) - 1

    def _add_text(self, raw: str, node: int) -> None:
        """Add a text with its white space collapsed."""
        pieces = self.pieces
        if raw.isspace():
            if pieces and pieces[-1] not in _GAPS:
                pieces.append(" ")
                self.position += 1
                self.linked += bool(self.open_links)
            return
        text = " ".join(raw.split() if len(raw) <= LONGEST_PIECE else raw[:LONGEST_PIECE].split())
        if raw[0].isspace():
            text = " " + text
        if raw[-1].isspace():
            text += " "
        pieces.append(text)
        size = len(text)
        self.position += size
        if self.open_links:
            self.linked += size
            return
        out = self.out
        out.own[self.blocks[node]] += size
        if len(raw) >= PROSE_LENGTH:
            out.runs.append((node, raw))
        if 1 < size <= BARE_HEADING and out.tags[node] not in INLINE:
            self._add_heading(Heading(node, text.strip(), self.position, len(out.anchors), BARE, -1), node)

    def _add_picture(self, element: HtmlElement, node: int) -> None:
        """Note an image: its node and the one above are pictured, and its alternative text may stand for them."""
        out = self.out
        out.pictured.add(node)
        if out.parents[node] >= 0 and out.tags[node] != "body":
            out.pictured.add(out.parents[node])
        alternative = element.get("alt")
        if alternative and node not in out.alternatives:
            out.alternatives[node] = " ".join(alternative[:LONGEST_ALTERNATIVE].split())
