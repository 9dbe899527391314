"""The page's link blocks: links that lead to stories, gathered under the heading they stand under (`headings`).

Door: `find_blocks(outline, resolver, identity) -> LinkBlocks`. A *link* is all anchors of one target in one
item (image, title and "read more" of a card are one link). An *item* is the largest element around an anchor
that holds no other story. A *block* is a run of items under one heading (or, without one, in one container)
whose items are built alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.page.html import HEADINGS
from kolcrawl.page.related import lexicon
from kolcrawl.page.related.headings import NO_HEADING, HeadingBinder, opening
from kolcrawl.page.related.link_types import Link, LinkBlock, LinkBlocks
from kolcrawl.text.scripts import headline_width
from kolcrawl.urls.shape import likeness

if TYPE_CHECKING:
    from kolcrawl.page.outline import Outline
    from kolcrawl.page.related.page_identity import PageIdentity
    from kolcrawl.urls.targets import Resolver, Target

LONGEST_ITEM = 1500
LONGEST_ANCHOR = 250
HEADLINE = 16  # letters that a headline has at least, a CJK character counting for more
LONGEST_SECTION = 14  # letters of a section's name in an address
MOST_TOPS = 2  # h1 elements of a page on which they are not the headlines of a list
GAP = 220  # characters of running text that end a block inside the body


def find_blocks(outline: Outline, resolver: Resolver, identity: PageIdentity, headline: int = 0) -> LinkBlocks:
    """Gather the page's story links into blocks.

    Args:
        outline: the page.
        resolver: for the page's base URL.
        identity: what the page itself is known by; links to it lead nowhere.
        headline: where in the page's text its headline stands; 0 when that is not known.
    """
    return _Finder(outline, resolver, identity).run(headline)


class _Finder:
    """State of one segmentation."""

    def __init__(self, outline: Outline, resolver: Resolver, identity: PageIdentity) -> None:
        self.outline, self.resolver, self.identity = outline, resolver, identity
        self.shown: dict[str, int] = {}
        self.repeated: set[str] = set()
        """Texts that lead to several stories: read on."""
        self.own_orders: list[int] = []

    def run(self, headline: int) -> LinkBlocks:
        found = self._anchors()
        links = self._links(found)
        binder = HeadingBinder(self.outline, links, headline)
        return LinkBlocks(self._blocks(links, binder), self.shown, self.own_orders)

    def _anchors(self) -> list[tuple[int, int, Target, str]]:
        """(order, node, target, text) of every anchor that may lead to a story."""
        outline, resolve = self.outline, self.resolver.resolve
        found = []
        best: dict[str, str] = {}
        heads = self._in_headline()
        for order, (node, href) in enumerate(zip(outline.anchors, outline.hrefs, strict=True)):
            target = resolve(href)
            if target is None:
                continue
            if self.identity.address.owns(target):
                self.own_orders.append(order)
                continue
            if target.place or self._is_front(target):
                continue
            text = self._text(node)
            if node in heads:
                continue
            if text in self.identity.headlines and self._beside_story(node):
                self.own_orders.append(order)  # its comments, its print version
                continue
            self.shown[target.key] = self.shown.get(target.key, 0) + 1
            found.append((order, node, target, text))
            if len(text) > len(best.get(target.key, "")):
                best[target.key] = text
        kept = []
        for order, node, target, text in found:
            size = headline_width(best.get(target.key, ""))
            if size < 8:
                if size == 0 and outline.words(outline.parents[node]) and not self._only_captioned(node):
                    kept.append((order, node, target, text))  # a bare overlay: its card holds the words
                continue
            one_part = not target.query and "/" not in target.path.strip("/")
            if size < 16 and one_part and not target.shape.slug:
                continue
            kept.append((order, node, target, text))
        return kept

    def _in_headline(self) -> set[int]:
        """Anchors in the page's h1: they lead to the page, or to the front of its site."""
        outline = self.outline
        tops = [node for node, tag in enumerate(outline.tags) if tag == "h1"]
        if len(tops) > MOST_TOPS:
            return set()
        return {node for top in tops for node in outline.anchors[outline.first_anchor[top] : outline.last_anchor[top]]}

    def _only_captioned(self, node: int) -> bool:
        """The anchor is a picture and the only words around it are a caption: it leads to the picture."""
        outline = self.outline
        tags, after = outline.tags, node + 1
        while after < len(tags) and after - node < 12 and outline.start[after] == outline.start[node]:
            after += 1  # what the anchor holds says nothing
        if after >= len(tags) or not (tags[after] == "figcaption" or "caption" in outline.names[after].lower()):
            return False
        parent = outline.parents[after]
        if parent > node or outline.words(after) != outline.words(parent):
            return False
        low, high = outline.start[after], outline.end[after]
        within = range(after + 1, min(after + 12, len(tags)))
        return not any(tags[n] in HEADINGS for n in within if low <= outline.start[n] < high)

    def _beside_story(self, node: int) -> bool:
        """The anchor is named as something that belongs to the story shown: comments, sharing."""
        for _ in range(3):
            if node > 0 and self.outline.cues[node] & (lexicon.CUE["comment"] | lexicon.CUE["share"]):
                return True
            node = self.outline.parents[node] if node > 0 else 0
        return False

    def _is_front(self, target: Target) -> bool:
        """One plain word after the host: a section's front, unless the page's own address is of that make."""
        word = target.path.strip("/")
        if len(word) > LONGEST_SECTION or target.query or not word.isalpha():
            return False
        return self.identity.address.shape.kinds not in (("w",), ())

    def _text(self, node: int) -> str:
        outline = self.outline
        size = outline.end[node] - outline.start[node]
        text = outline.words(node, 300)
        if headline_width(text) > 110 or size > 140:
            text = self._headline(node) or text[:160]
        if len(text) < 8:
            element = outline.elements[node]
            for other in (outline.alternatives.get(node), element.get("title"), element.get("aria-label")):
                if other and len(other) > len(text) and len(other) <= LONGEST_ANCHOR:
                    text = " ".join(other.split())
                    break
        return text

    def _headline(self, node: int) -> str:
        """The headline inside a card: its heading element, or the part named a title."""
        outline = self.outline
        named = ""
        after = node + 1
        tags, parents = outline.tags, outline.parents
        while after < len(tags) and after - node < 60 and outline.start[after] < outline.end[node]:
            if parents[after] < node:
                break
            tag = tags[after]
            is_heading = len(tag) == 2 and tag[0] == "h" and tag[1] in "123456"
            if is_heading or (not named and outline.cues[after] & lexicon.CUE_HEAD) or (
                not named and tag in ("strong", "b")
            ):  # fmt: skip
                text = outline.words(after, 260)
                if 8 <= len(text) <= 200:
                    if is_heading:
                        return text
                    named = text
            after += 1
        return named

    def _links(self, found: list[tuple[int, int, Target, str]]) -> list[Link]:
        outline = self.outline
        count = len(found)
        # next_other[i]: the first anchor after i that leads elsewhere
        next_other = [count] * (count + 1)
        for i in range(count - 2, -1, -1):
            next_other[i] = next_other[i + 1] if found[i][2].key == found[i + 1][2].key else i + 1
        at_or_after = [0] * (len(outline.anchors) + 1)
        position = count
        j = count - 1
        for order in range(len(outline.anchors), -1, -1):
            while j >= 0 and found[j][0] >= order:
                position = j
                j -= 1
            at_or_after[order] = position
        links: list[Link] = []
        leads: dict[str, set[str]] = {}
        for _, _, target, text in found:
            leads.setdefault(text, set()).add(target.key)
        self.repeated = {text for text, keys in leads.items() if len(keys) > 2}
        parents, first, last = outline.parents, outline.first_anchor, outline.last_anchor
        start, end = outline.start, outline.end
        i = 0
        while i < count:
            order, node, target, _ = found[i]
            item = node
            while parents[item] > 0:
                parent = parents[item]
                low, high = at_or_after[first[parent]], at_or_after[last[parent]]
                if next_other[low] < high or end[parent] - start[parent] > LONGEST_ITEM:
                    break
                item = parent
            upto = i + 1
            while upto < count and found[upto][0] < last[item]:
                upto += 1
            link = self._link(found[i:upto], item, target)
            if link.text in self.identity.headlines and link.text not in [text for *_, text in found[i:upto]]:
                self.own_orders.append(order)  # the words beside it are the page's own headline
            else:
                links.append(link)
            i = upto
        return links

    def _is_printed_headline(self, node: int, text: str) -> bool:
        """Whether what is said of a link is printed, and a headline: no date, nor what is said of every story."""
        if headline_width(text) < HEADLINE or text in self.repeated or NO_HEADING.match(text):
            return False
        return headline_width(self.outline.words(node)) >= HEADLINE

    def _link(self, anchors: list[tuple[int, int, Target, str]], item: int, target: Target) -> Link:
        outline = self.outline
        said = [(n, t) for _, n, _, t in anchors]
        if len(said) > 1:  # the text in place of a picture may tell of the picture, or give a cut headline whole
            begun = {opening(t) for n, t in said if self._is_printed_headline(n, t)}
            said = [(n, t) for n, t in said if opening(t) in begun] or said
        node, text = max(said, key=lambda a: min(len(a[1]), 160))
        if len(text) < 8:
            text = self._headline(item) or text
            if len(text) < 8:
                words = outline.words(item, 200)
                text = words if len(words) <= 120 else text
        shape = target.shape
        size = headline_width(text)
        alike = likeness(shape.kinds, self.identity.address.shape.kinds)
        return Link(
            node=node, target=target, shape=shape, text=text, width=size, item=item, alike=alike,
            start=outline.start[anchors[0][1]], end=outline.end[anchors[-1][1]], order=anchors[0][0],
            anchors=[n for _, n, _, _ in anchors],
            storylike=(size >= 20 or (size >= 12 and alike >= 0.5))
            and (shape.slug or (alike == 1.0 and size >= 16)),
        )  # fmt: skip

    def _blocks(self, links: list[Link], binder: HeadingBinder) -> list[LinkBlock]:
        outline = self.outline
        blocks: list[LinkBlock] = []
        latest: dict[tuple[object, ...], LinkBlock] = {}
        for link in links:
            heading, level = binder.heading(link)
            signature = self._signature(link)
            container = max(outline.parents[link.item], 0)
            key = (heading if heading >= 0 else ("in", container), signature)
            block = latest.get(key)
            if block is not None:
                before = block.links[-1]
                unlinked = (link.start - before.end) - (outline.link_start[link.node] - outline.link_end[before.node])
                if unlinked > GAP and unlinked > 3 * (before.end - before.start) + GAP and self._bare(link):
                    block = None
                elif before.target.key == link.target.key:
                    before.anchors += link.anchors
                    if len(link.text) > len(before.text):
                        before.text, before.width, before.node = link.text, link.width, link.node
                    before.end = link.end
                    continue
            if block is None:
                block = LinkBlock([], heading, level, container, signature, self._lead(link))
                latest[key] = block
                blocks.append(block)
            block.links.append(link)
        return blocks

    def _bare(self, link: Link) -> bool:
        """The link stands in running text, not in a card."""
        outline = self.outline
        return outline.end[link.item] - outline.start[link.item] < 3 * (link.end - link.start) + 80

    def _lead(self, link: Link) -> str:
        """The words before the link in its own line."""
        outline = self.outline
        line = outline.text.rfind("\n", max(0, link.start - 90), link.start) + 1
        lead = " ".join(outline.text[max(line, link.start - 80) : link.start].split())
        return lead if any(c.isalnum() for c in lead) else ""

    def _signature(self, link: Link) -> tuple[str, ...]:
        outline = self.outline
        node, path = link.anchors[0], []
        for _ in range(4):
            path.append(outline.signature(node))
            node = outline.parents[node]
            if node <= 0:
                break
        return tuple(path)
