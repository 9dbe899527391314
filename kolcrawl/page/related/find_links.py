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
from kolcrawl.page.related.open_pages import BlockLink, OpenPage
from kolcrawl.page.related.phrases import without_whole_list
from kolcrawl.page.related.second_judgement import join_links, judge_again
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
    sources = _source_links(seen)

    def given(index: int, related: bool) -> list[BlockLink]:
        """Return the links that a block gives as what it was judged to be."""
        kind = ruled.kinds[index] if index in ruled.kinds else kind_of(seen, index, related)
        if kind == "related" and ruled.names_related and index not in ruled.kinds:
            kind = "recommended"
        return _block_links(seen, index, kind, rules.story_url, sources.keys()) if kind else []

    blocks = {index: given(index, index in judgement.related) for index in range(len(seen.blocks))}
    links = [*join_links(blocks.items(), judgement.pinned), *sources.values()]
    in_blocks = len(links) - len(sources)
    if not ruled.names_related and all(link.kind != "related" for link in links):
        links += _unshown_links(document, seen, {link.url for link in links}, rules.story_url)
    if memory is not None:
        judge_again(memory, seen.identity.address.host)
        if judgement.unsure:
            either_way = {
                block.index: (given(block.index, False), given(block.index, True)) for block in judgement.unsure
            }
            others = {index: found for index, found in blocks.items() if found and index not in either_way}
            memory.open(
                OpenPage(
                    url=page.url,
                    host=seen.identity.address.host,
                    key=seen.identity.address.key,
                    described=judgement.unsure,
                    related=judgement.related,
                    pinned=judgement.pinned,
                    either_way=either_way,
                    others=others,
                    beside=links[in_blocks:],
                )
            )
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
    text = outline.text
    links: dict[int, PageLink] = {}
    for node, href in zip(outline.anchors, outline.hrefs, strict=True):
        start = outline.start[node]
        if text[start - 1 : start] == "\n":  # most links begin their line
            continue
        lead = text[max(0, start - MAX_LEAD) : start].rpartition("\n")[2].split()
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


def _block_links(
    seen: Survey, index: int, block_kind: LinkKind, story_url: str | None, sources: AbstractSet[int]
) -> list[BlockLink]:
    """Return the links of a block.

    Args:
        seen: the page.
        index: of the block.
        block_kind: its kind; items that are advertising are of another one.
        story_url: a pattern of the site's own story URLs; its other links give nothing, those to other sites do.
        sources: nodes of the links that credit a source; they give nothing here.
    """
    block = seen.blocks[index]
    pattern = re.compile(story_url) if story_url else None
    own_site = seen.identity.address.site
    heading = _printed_heading(seen, block)
    anchors = clean_anchors([link.text for link in block.links])
    ads = advertisements(seen, block) if block_kind in ADVERTISING_KINDS else ()
    no_stories = seen.no_stories(index)
    place = block.heading if block.heading >= 0 else -2 - index
    found: list[BlockLink] = []
    for place_in_block, (link, anchor) in enumerate(zip(block.links, anchors, strict=True)):
        target = link.target
        if sources and all(node in sources for node in link.anchors):
            continue
        if place_in_block in no_stories and no_stories[place_in_block] != COUNTER:
            continue
        if pattern and not pattern.search(target.url) and target.site == own_site:
            continue
        is_ad = place_in_block in ads or place_in_block in no_stories
        page_link = PageLink(
            url=target.url,
            kind="sponsored" if is_ad else block_kind,
            heading=heading,
            position=0,  # known when the page's links are joined
            anchor=anchor,
            nofollow="nofollow" in seen.outline.rels.get(link.node, ""),
            wrapper=target.wrapper,
        )
        found.append(BlockLink(target.key, place, page_link))
    return found


def _printed_heading(seen: Survey, block: LinkBlock) -> str | None:
    """Return the block's heading as printed, without the link to the whole list."""
    if block.heading >= 0:
        text = seen.outline.heading_text(block.heading)
    elif len(block.links) == 1 and 0 < len(block.lead) <= MAX_LEAD:
        text = block.lead
    else:
        return None
    return without_whole_list(text[:MAX_PRINTED_HEADING]).rstrip(" :：>»") or None
