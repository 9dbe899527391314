"""Name the kind of each block: by the site's rules, else by the judgement, its heading, class names and marks.

Entry points: `ruled_kinds(seen, rules)`, `kind_of(seen, index, related)`, `advertisements(seen, block)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.lexicon import CUE, MEANING, RELATED_MEANINGS
from kolcrawl.page.related.phrases import MAX_AD_LABEL, is_ad_label, mentions_ad_label, names_advertising

if TYPE_CHECKING:
    from kolcrawl.items import LinkKind
    from kolcrawl.page.related.blocks.link_types import Link, LinkBlock
    from kolcrawl.page.related.survey import Survey
    from kolcrawl.page.site_rules import SiteRules

KIND_CUE_LEVELS = 6  # elements above a block whose class names tell its kind
MAX_SENTENCE_REST = 80  # unlinked characters in the line of a link that is an item of its own
MAX_LISTED_ITEM = 600  # characters of an item of a list
LONG_LIST = 5  # links that are a list, whatever stands between them
LEAST_UNNAMED = 3  # stories of a list that nothing names
SELECTION_MEANINGS = RELATED_MEANINGS | sum(
    MEANING[name] for name in ("like", "picks", "author", "adjacent", "section")
)
"""Headings of selections of stories."""
CHROME_CUES = CUE["navigation"] | CUE["footer"] | CUE["header"] | CUE["tag"]


class RuledKinds(NamedTuple):
    """What a site's rules say of a page's blocks."""

    kinds: dict[int, LinkKind | None]
    """The kind of each block that a rule names, by index; None where it is to be ignored."""
    names_related: bool
    """The rules say where the related ones are, and found some."""


def ruled_kinds(seen: Survey, rules: SiteRules) -> RuledKinds:
    """Apply the rules of a site to the blocks of a page.

    Args:
        seen: the page.
        rules: CSS selectors; the last one that matches a block counts, but for those to ignore, which always do.
    """
    if not (rules.related or rules.ignore or rules.kinds):
        return RuledKinds({}, False)
    spans, names_related = _ruled_spans(seen, rules)
    kinds: dict[int, LinkKind | None] = {}
    for index, block in enumerate(seen.blocks):
        for start, end, kind in spans:
            if start <= block.links[0].start and block.links[-1].end <= end:
                kinds[index] = kind
                if kind is None:
                    break
    return RuledKinds(kinds, names_related and "related" in kinds.values())


def _ruled_spans(seen: Survey, rules: SiteRules) -> tuple[list[tuple[int, int, LinkKind | None]], bool]:
    """Return start, end and kind of each element that a rule selects, and whether one selects related lists."""
    outline = seen.outline
    node_of = {element: node for node, element in enumerate(outline.elements)}
    selectors: list[tuple[str, LinkKind | None]] = [(selector, None) for selector in rules.ignore]
    selectors += rules.kinds
    first_related = len(selectors)
    selectors += [(selector, "related") for selector in rules.related]
    spans: list[tuple[int, int, LinkKind | None]] = []
    selects_related = False
    for number, (selector, kind) in enumerate(selectors):
        for element in outline.elements[0].cssselect(selector):
            node = node_of.get(element)
            if node is not None:
                spans.append((outline.start[node], outline.end[node], kind))
                selects_related |= number >= first_related
    return spans, selects_related


def kind_of(seen: Survey, index: int, related: bool) -> LinkKind | None:
    """Name the kind of a block; None when it is no list of stories.

    Args:
        seen: the page.
        index: of the block.
        related: what it was judged to be.
    """
    block, meaning = seen.blocks[index], seen.meanings[index]
    if seen.is_beside_stories(index):
        return None
    if related:
        return "related"
    if meaning & MEANING["random"]:
        return "random"
    stories = sum(link.storylike for link in block.links)
    if stories < max(1, len(block.links) / 2):
        return None
    cues = _cues_around(seen, block)
    if meaning & MEANING["sponsored"] or cues & (CUE["advert"] | CUE["widget"]) or _is_marked_sponsored(seen, block):
        return "sponsored"
    if cues & CUE["random"]:
        return "random"
    if meaning & MEANING["popular"]:
        return "popular"
    if meaning & MEANING["latest"]:
        return "latest"
    if meaning & SELECTION_MEANINGS:
        return "recommended" if _is_list(seen, block) or len(block.links) > 1 else None
    return _kind_by_names(seen, block, cues, stories)


def advertisements(seen: Survey, block: LinkBlock) -> frozenset[int]:
    """Return which items of a list are marked as advertising, by `rel`, a class name or a label of their own.

    Returns: their indexes; none when most items are marked, for then it is no mark that tells items apart.
    """
    marked = frozenset(index for index, link in enumerate(block.links) if _is_marked(seen, link))
    return marked if 2 * len(marked) <= len(block.links) else frozenset()


def _is_marked(seen: Survey, link: Link) -> bool:
    outline = seen.outline
    start, end = outline.start[link.item], outline.end[link.item]
    if end - start > MAX_LISTED_ITEM:
        return False
    if "sponsored" in outline.rels.get(link.node, "") or names_advertising(outline.names[link.item]):
        return True
    if not mentions_ad_label(outline.text[start:end]):
        return False
    beside = (outline.text[start : link.start], outline.text[link.end : end])
    if any(is_ad_label(line) for text in beside for line in text.splitlines()):
        return True
    node = link.item + 1
    while node < len(outline.parents) and outline.parents[node] >= link.item:
        size = outline.end[node] - outline.start[node]
        if size <= MAX_AD_LABEL and is_ad_label(outline.words(node)):
            return True
        node += 1
    return False


def _kind_by_names(seen: Survey, block: LinkBlock, cues: int, stories: int) -> LinkKind | None:
    """Name the kind of a block of which the heading says nothing, by the class names around it."""
    if cues & CHROME_CUES or not _is_list(seen, block):
        return None
    if cues & CUE["popular"]:
        return "popular"
    if cues & CUE["latest"]:
        return "latest"
    named = cues & (CUE["recommended"] | CUE["related"] | CUE["adjacent"])
    return "recommended" if stories >= LEAST_UNNAMED or named else None


def _cues_around(seen: Survey, block: LinkBlock) -> int:
    cues, node = 0, block.container
    for _ in range(KIND_CUE_LEVELS):
        if node <= 0:
            break
        cues |= seen.outline.cues[node]
        node = seen.outline.parents[node]
    return cues


def _is_list(seen: Survey, block: LinkBlock) -> bool:
    """Tell whether the links stand as items of their own, not in running sentences."""
    return seen.describer.line_rest(block.links[0]) <= MAX_SENTENCE_REST or len(block.links) >= LONG_LIST


def _is_marked_sponsored(seen: Survey, block: LinkBlock) -> bool:
    marked = sum("sponsored" in seen.outline.rels.get(link.node, "") for link in block.links)
    return 2 * marked > len(block.links)
