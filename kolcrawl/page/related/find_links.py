"""The page's own list of related stories, and the other story lists on it, by kind.

Door: `find_links(document, page, rules, memory) -> list[PageLink]`. The way there: `outline` walks the tree once,
`blocks` gathers links into blocks under their headings, `features` describes each block in numbers, `model` scores
it, `sites` adds what earlier pages of the site taught, and here each block gets its kind.

The words of a language are data (`lexicon`), the judgement is a trained model (`model`), the exceptions of one site
are its `SiteRules`: a new language or site changes no code.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from kolcrawl.page.page import PageLink
from kolcrawl.page.related import lexicon
from kolcrawl.page.related.anchors import clean_anchors
from kolcrawl.page.related.body_span import BodySpan, body_span
from kolcrawl.page.related.features import NAMES, Describer
from kolcrawl.page.related.headings import TELLING
from kolcrawl.page.related.link_blocks import find_blocks
from kolcrawl.page.related.model import shipped_model
from kolcrawl.page.related.page_context import OURS, THEIRS
from kolcrawl.page.related.page_identity import PageIdentity, page_identity
from kolcrawl.urls import site_of
from kolcrawl.urls.targets import Resolver

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.items import LinkKind
    from kolcrawl.page.document import Document
    from kolcrawl.page.outline import Outline
    from kolcrawl.page.page import Page
    from kolcrawl.page.related.link_types import LinkBlock, LinkBlocks
    from kolcrawl.page.related.site_memory import SiteMemory
    from kolcrawl.page.site_rules import SiteRules

M, C = lexicon.MEANING, lexicon.CUE
MAX_JUDGED = 1_000  # blocks; the fullest real page met had 73
NEAR = 6  # levels above a block whose class names tell its kind
FURNITURE = 6.0  # how much a block that stays on every page loses, in log-odds
UNLIKE, ALIKE = 0.05, 0.2  # likeness to the title, from what is as good as none to what tells the same matter
LEAST_REMEMBERED = 0.02  # what scores less is neither told from furniture nor helped by changing
TITLE_MEAN, IN_BODY, LINE_REST = (NAMES.index(name) for name in ("title_mean", "in_body", "line_rest"))
CHANGING = 3.2  # how much one that changes with every page gains
CHANGING_CARD = 2.6  # the same for a card between paragraphs
ALONE = 40  # unlinked characters in the line of a link that is no part of a sentence
ELSEWHERE = THEIRS | M["author"] | M["adjacent"] | M["section"] | M["topic"] | M["service"]
_MORE = re.compile(  # the link to the whole list, which stands in the heading's line
    r"(?<=\S)\s*(查看更多|更多|もっと見る|一覧|더보기|see (more|all)|view all|show all|ver (todas?|todos?|más|mais)|"
    r"voir plus|tout voir|alle anzeigen|mehr anzeigen|vedi tutt[eoi]|zobacz więcej|xem thêm|tümü)\W*$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Survey:
    """A page, described and not yet judged: what training and reading share."""

    outline: Outline
    found: LinkBlocks
    span: BodySpan
    identity: PageIdentity
    describer: Describer

    def worth(self, index: int) -> bool:
        """Whether a block may be the page's own list at all."""
        if self.outline.inherited[self.found.blocks[index].container] & C["widget"]:
            return False
        told = self.describer.meanings[index] & (M["related"] | M["also"])
        return bool(told) or any(link.storylike for link in self.found.blocks[index].links)


def survey(document: Document, text: str | None, headline: HtmlElement | None) -> Survey:
    """Describe the page's blocks.

    Args:
        document: the page.
        text: of its story, as it was read.
        headline: the element that shows its headline, if one does.
    """
    identity = page_identity(document)
    out = document.outline
    top = out.start[out.elements.index(headline)] if headline in out.elements else 0
    found = find_blocks(out, Resolver(document.base_url), identity, top)
    span = body_span(out, text, top)
    return Survey(out, found, span, identity, Describer(out, found, span, identity))


def find_links(
    document: Document,
    page: Page,
    rules: SiteRules,
    memory: SiteMemory | None = None,
    headline: HtmlElement | None = None,
) -> list[PageLink]:
    """Find the links to other stories, by block and kind, in page order.

    Args:
        document: the parsed page.
        page: what was read of it so far; not changed.
        rules: what is known of the site; goes before what the engine thinks.
        memory: what earlier pages of the crawl taught; learns from this page.
        headline: the element that shows the headline, if one does.
    """
    seen = survey(document, page.story.text, headline)
    ruled, by_rule = _ruled(seen, rules)
    model = shipped_model()
    story_url = re.compile(rules.story_url) if rules.story_url else None
    own_site = site_of(document.url)
    asked = (index for index in range(len(seen.found.blocks)) if index not in ruled and seen.worth(index))
    judged = list(islice(asked, MAX_JUDGED))
    rows = [seen.describer.describe(index) for index in judged]
    scores = dict(zip(judged, model.scores(rows), strict=True))
    met: Counter[str] = Counter()
    pinned: set[tuple[int, str]] = set()
    if memory is not None:
        for index, row in zip(judged, rows, strict=True):
            if scores[index] >= LEAST_REMEMBERED:
                scores[index] = _remembered(scores[index], row, seen, index, memory, met, pinned)
    sizes = [len({link.target.key for link in seen.found.blocks[index].links}) for index in scores]
    ours = {index for index, yes in zip(scores, model.related(rows, [*scores.values()], sizes), strict=True) if yes}
    links: list[PageLink] = []
    taken: set[tuple[str, str]] = set()
    places: dict[tuple[int, str], int] = {}
    for index, block in enumerate(seen.found.blocks):
        said: LinkKind | None
        if index in ruled:
            said = ruled[index]
        else:
            said = _kind(seen, index, index in ours)
            if said == "related" and by_rule:
                said = "recommended"
        if said is None:
            continue
        heading = _heading(seen, block)
        anchors = clean_anchors([link.text for link in block.links])
        for link, anchor in zip(block.links, anchors, strict=True):
            key = link.target.key
            kind: LinkKind = "recommended" if said == "related" and (index, key) in pinned else said
            if (key, kind) in taken:
                continue
            url = link.target.url
            if story_url and not story_url.search(url) and site_of(url) == own_site:  # it speaks of its own site alone
                continue
            taken.add((key, kind))
            place = (block.heading if block.heading >= 0 else -2 - index, kind)
            places[place] = position = places.get(place, 0) + 1
            rel = seen.outline.elements[link.node].get("rel") or ""
            links.append(
                PageLink(
                    url=url, kind=kind, heading=heading, position=position, anchor=anchor,
                    nofollow="nofollow" in rel.lower(),
                )
            )  # fmt: skip
    return links


def _ruled(seen: Survey, rules: SiteRules) -> tuple[dict[int, LinkKind | None], bool]:
    """The blocks whose kind the site's rules settle, by index; and whether they say where the related ones are."""
    if not (rules.related or rules.ignore or rules.kinds):
        return {}, False
    node_of = {element: node for node, element in enumerate(seen.outline.elements)}
    root = seen.outline.elements[0]
    spans: list[tuple[int, int, LinkKind | None]] = []
    selectors: list[tuple[str, LinkKind | None]] = [(selector, None) for selector in rules.ignore]
    selectors += rules.kinds
    selectors += [(selector, "related") for selector in rules.related]
    by_rule = False
    for number, (selector, kind) in enumerate(selectors):
        for element in root.cssselect(selector):
            node = node_of.get(element)
            if node is not None:
                spans.append((seen.outline.start[node], seen.outline.end[node], kind))
                by_rule |= number >= len(rules.ignore) + len(rules.kinds)
    ruled: dict[int, LinkKind | None] = {}
    for index, block in enumerate(seen.found.blocks):
        for start, end, kind in spans:
            if start <= block.links[0].start and block.links[-1].end <= end:
                ruled[index] = kind
                if kind is None:
                    break
    return ruled, by_rule and "related" in ruled.values()


def _remembered(
    score: float, row: list[float], seen: Survey, index: int, memory: SiteMemory, met: Counter[str],
    pinned: set[tuple[int, str]],
) -> float:  # fmt: skip
    """The score, corrected by what the same place of the template held on other pages.

    Changing with the page speaks for a list only where the page's own list may stand: after the beginning of the
    body, at least three stories, not under a heading that says otherwise; and, less, for a card between paragraphs
    that always has the same make. Staying speaks less against one that is on
    the page's matter, as the stories of one affair list each other; and where the heading says related, only a list
    that is all but the same is furniture.

    Args:
        score: what the model thinks.
        row: the block's features.
        seen: the page.
        index: of the block.
        memory: what earlier pages taught; learns from this block.
        met: how often each place was met on this page; counted on.
        pinned: blocks and keys of links that stand there on all pages, whatever the matter, while the rest of the
            list changes; added to.
    """
    out, block = seen.outline, seen.found.blocks[index]
    stories = sum(link.storylike for link in block.links)
    gain = 0.0
    if block.links[0].start > seen.span.start and not seen.describer.meanings[index] & ELSEWHERE:
        if stories >= 3:
            gain = CHANGING
        elif stories and row[IN_BODY] and row[LINE_REST] <= ALONE:
            gain = CHANGING_CARD
    path: list[str] = []
    node = block.container
    while node > 0 and len(path) < 6:
        path.append(out.signature(node))
        node = out.parents[node]
    # A heading that says nothing may be a line of the story: it is no part of the template.
    heading = out.heading_text(block.heading) if seen.describer.meanings[index] & TELLING else ""
    place = "|".join((*path, *block.signature[:2], heading[:30]))
    met[place] += 1
    if met[place] > 1:
        place = f"{place}|{met[place]}"
    keys = [link.target.key for link in block.links]
    known = memory.staying(seen.identity.address.host, place, seen.identity.address.key, keys)
    if known is None:
        return score
    staying, sure = known.staying, known.sure
    likeness = seen.describer.topic.likeness
    pinned.update(
        (index, link.target.key)
        for link in block.links
        if link.target.key in known.pinned and likeness(link.text)[0] < UNLIKE
    )
    odds = math.log(max(score, 1e-6) / max(1 - score, 1e-6))
    if staying > 0.5:
        told = seen.describer.meanings[index] & OURS
        stays = max(0.0, 4 * staying - 3) if told else 2 * staying - 1
        on_matter = min(1.0, max(0.0, (row[TITLE_MEAN] - UNLIKE) / (ALIKE - UNLIKE)))
        odds -= FURNITURE * sure * stays * (1 - on_matter)
    else:
        odds += gain * sure * (1 - 2 * staying)
    return 1 / (1 + math.exp(-odds))


def _kind(seen: Survey, index: int, ours: bool) -> LinkKind | None:
    """The kind of a block, the model having said whether it is the page's own; None when it is no story list."""
    block = seen.found.blocks[index]
    out = seen.outline
    meaning = seen.describer.meanings[index]
    if meaning & M["random"]:
        return "random"
    if ours:
        return "related"
    cues, node = 0, block.container
    for _ in range(NEAR):
        if node <= 0:
            break
        cues |= out.cues[node]
        node = out.parents[node]
    stories = sum(link.storylike for link in block.links)
    if stories < max(1, len(block.links) / 2):
        return None
    if meaning & M["sponsored"] or cues & (C["advert"] | C["widget"]) or _marked_sponsored(out, block):
        return "sponsored"
    if cues & C["random"]:
        return "random"
    if meaning & M["popular"]:
        return "popular"
    if meaning & M["latest"]:
        return "latest"
    if meaning & (M["related"] | M["also"] | M["like"] | M["picks"] | M["author"] | M["adjacent"] | M["section"]):
        return "recommended" if _is_list(seen, block) or len(block.links) > 1 else None
    if cues & (C["navigation"] | C["footer"] | C["header"] | C["tag"]) or not _is_list(seen, block):
        return None
    if cues & C["popular"]:
        return "popular"
    if cues & C["latest"]:
        return "latest"
    return "recommended" if stories >= 3 or cues & (C["recommended"] | C["related"] | C["adjacent"]) else None


def _is_list(seen: Survey, block: LinkBlock) -> bool:
    """The links stand as items of their own, not in running sentences."""
    return seen.describer.line_rest(block.links[0]) <= 80 or len(block.links) >= 5


def _marked_sponsored(out: Outline, block: LinkBlock) -> bool:
    marked = sum("sponsored" in (out.elements[link.node].get("rel") or "") for link in block.links)
    return 2 * marked > len(block.links)


def _heading(seen: Survey, block: LinkBlock) -> str | None:
    """The block's heading as printed."""
    if block.heading >= 0:
        text = seen.outline.heading_text(block.heading)
    elif len(block.links) == 1 and 0 < len(block.lead) <= 45:
        text = block.lead
    else:
        return None
    return _MORE.sub("", text[:200]).rstrip(" :：>»") or None
