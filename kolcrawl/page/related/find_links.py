"""Find the page's own list of related stories, and the other story lists on it, by kind.

Entry point: `find_links(document, page, rules, memory) -> list[PageLink]`. The way there: `outline` walks the tree
once, `link_blocks` gathers links into blocks under their headings, `features` describes each block in numbers, `model`
scores it, `judgement` adds what earlier pages of the site taught, `block_kinds` names the kind of each block.

The words of a language are data (`lexicon`, `phrases`), the judgement is a trained model (`model`), the exceptions of
one site are its `SiteRules`: a new language or site changes no code.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from kolcrawl.page.facts.origin import credit_before
from kolcrawl.page.page import PageLink
from kolcrawl.page.related.anchors import clean_anchors
from kolcrawl.page.related.block_kinds import advertisements, kind_of, ruled_kinds
from kolcrawl.page.related.judgement import judge
from kolcrawl.page.related.phrases import without_whole_list
from kolcrawl.page.related.survey import survey
from kolcrawl.page.related.target_kinds import COUNTER
from kolcrawl.page.scripts.script_lists import find_lists

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from lxml.html import HtmlElement

    from kolcrawl.items import LinkKind
    from kolcrawl.page.document import Document
    from kolcrawl.page.page import Page
    from kolcrawl.page.related.blocks.link_types import LinkBlock
    from kolcrawl.page.related.judgement import Judgement
    from kolcrawl.page.related.site_memory import SiteMemory
    from kolcrawl.page.related.survey import Survey
    from kolcrawl.page.site_rules import SiteRules

ADVERTISING_KINDS = ("related", "recommended")  # kinds of blocks in which single items may be advertising
MAX_JUDGED = 1_000  # blocks; the fullest real page met had 73
MAX_SOURCES = 3  # links that credit a source, on one page
PICTURE_TAGS = {"figure", "figcaption"}
PICTURE_LEVELS = 4  # elements around a link in which it may belong to a picture
MAX_LEAD = 45  # characters before a lone link that are its heading
MAX_PRINTED_HEADING = 200  # characters


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

    Raises:
        UrlError: the page's URL is unusable.
    """
    seen = survey(document, page.story.text, headline)
    ruled = ruled_kinds(seen, rules)
    candidates = (index for index in range(len(seen.blocks)) if index not in ruled.kinds and seen.may_be_own(index))
    judgement = judge(seen, list(islice(candidates, MAX_JUDGED)), memory)
    kinds: dict[int, LinkKind | None] = {}
    for index in range(len(seen.blocks)):
        if index in ruled.kinds:
            kinds[index] = ruled.kinds[index]
        else:
            kind = kind_of(seen, index, index in judgement.related)
            kinds[index] = "recommended" if kind == "related" and ruled.names_related else kind
    sources = _source_links(seen)
    links = [*_page_links(seen, kinds, judgement, rules.story_url, sources.keys()), *sources.values()]
    if not ruled.names_related and all(link.kind != "related" for link in links):
        links += _unshown_links(document, seen, {link.url for link in links}, rules.story_url)
    return links


def _unshown_links(document: Document, seen: Survey, known: set[str], story_url: str | None) -> Iterator[PageLink]:
    """Return the links of the lists that stand in the page's data for its scripts, for a page that shows none.

    Args:
        document: the page.
        seen: the same, described.
        known: addresses of its other links, which are not given again.
        story_url: a pattern of the site's own story URLs.
    """
    pattern = re.compile(story_url) if story_url else None
    own_site = seen.identity.address.site
    for listed in find_lists(document):
        position = 0
        for href, headline in listed.entries:
            target = seen.resolver.resolve(href)
            if target is None or target.place or seen.identity.address.owns(target) or target.url in known:
                continue
            if pattern and not pattern.search(target.url) and target.site == own_site:
                continue
            known.add(target.url)
            position += 1
            yield PageLink(url=target.url, kind=listed.kind, heading=None, position=position, anchor=headline)


def _source_links(seen: Survey) -> dict[int, PageLink]:
    """Find the links that credit the story from which this one was taken over, by node; only the first of a target.

    A link to the front page or a section of the outlet names no story, and is none; nor is the source of a picture. A
    page with more of them lists the stories of others, and its own is none of theirs.
    """
    outline, taken = seen.outline, set[str]()
    links: dict[int, PageLink] = {}
    for node, href in zip(outline.anchors, outline.hrefs, strict=True):
        start = outline.start[node]
        lead = outline.text[max(0, start - MAX_LEAD) : start].rpartition("\n")[2].split()
        label = credit_before(" ".join(lead) + " ") if lead else None
        target = seen.resolver.resolve(href) if label else None
        if target is None or target.place or not target.shape.slug or seen.identity.address.owns(target):
            continue
        if PICTURE_TAGS & {outline.tags[at] for at in islice(_upwards(seen, node), PICTURE_LEVELS)}:
            continue
        if target.key not in taken:
            taken.add(target.key)
            anchor = outline.words(node, MAX_PRINTED_HEADING)
            links[node] = PageLink(
                url=target.url, kind="source", heading=label, position=len(taken), anchor=anchor or target.host
            )
    return links if len(links) <= MAX_SOURCES else {}


def _upwards(seen: Survey, node: int) -> Iterator[int]:
    """Return the nodes around a node, from the inside out."""
    while node > 0:
        node = seen.outline.parents[node]
        yield node


def _page_links(
    seen: Survey,
    kinds: dict[int, LinkKind | None],
    judgement: Judgement,
    story_url: str | None,
    sources: AbstractSet[int],
) -> Iterator[PageLink]:
    """Return each target once for each kind, numbered within its block.

    Args:
        seen: the page.
        kinds: of its blocks; blocks of kind None give nothing.
        judgement: names the links that are pinned to a related block: they are recommended, not related.
        story_url: a pattern of the site's own story URLs; its other links give nothing, those to other sites do.
        sources: nodes of the links that credit a source; they give nothing here.
    """
    pattern = re.compile(story_url) if story_url else None
    own_site = seen.identity.address.site
    taken: set[tuple[str, str]] = set()
    positions: dict[tuple[int, str], int] = {}
    for index, block in enumerate(seen.blocks):
        block_kind = kinds[index]
        if block_kind is None:
            continue
        heading = _printed_heading(seen, block)
        anchors = clean_anchors([link.text for link in block.links])
        ads = advertisements(seen, block) if block_kind in ADVERTISING_KINDS else ()
        no_stories = seen.no_stories(index)
        for place_in_block, (link, anchor) in enumerate(zip(block.links, anchors, strict=True)):
            target = link.target
            kind: LinkKind = block_kind
            if sources and all(node in sources for node in link.anchors):
                continue
            if place_in_block in no_stories and no_stories[place_in_block] != COUNTER:
                continue
            if place_in_block in ads or place_in_block in no_stories:
                kind = "sponsored"
            elif block_kind == "related" and (index, target.key) in judgement.pinned:
                kind = "recommended"
            if (target.key, kind) in taken:
                continue
            if pattern and not pattern.search(target.url) and target.site == own_site:
                continue
            taken.add((target.key, kind))
            place = (block.heading if block.heading >= 0 else -2 - index, kind)
            positions[place] = positions.get(place, 0) + 1
            yield PageLink(
                url=target.url,
                kind=kind,
                heading=heading,
                position=positions[place],
                anchor=anchor,
                nofollow="nofollow" in seen.outline.rels.get(link.node, ""),
                wrapper=target.wrapper,
            )


def _printed_heading(seen: Survey, block: LinkBlock) -> str | None:
    """Return the block's heading as printed, without the link to the whole list."""
    if block.heading >= 0:
        text = seen.outline.heading_text(block.heading)
    elif len(block.links) == 1 and 0 < len(block.lead) <= MAX_LEAD:
        text = block.lead
    else:
        return None
    return without_whole_list(text[:MAX_PRINTED_HEADING]).rstrip(" :：>»") or None
