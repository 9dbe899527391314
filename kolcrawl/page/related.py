"""The page's own list of related stories, and the other story lists on it, by kind.

Door: `find_links(document, page, rules, memory)`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kolcrawl.page import lexicon
from kolcrawl.page.blocks import Block, find_blocks
from kolcrawl.page.body_span import body_span
from kolcrawl.page.links import Resolver, page_key, shape_of
from kolcrawl.page.outline import outline
from kolcrawl.page.page import PageLink

if TYPE_CHECKING:
    from kolcrawl.items import LinkKind
    from kolcrawl.page.body_span import BodySpan
    from kolcrawl.page.document import Document
    from kolcrawl.page.outline import Outline
    from kolcrawl.page.page import Page
    from kolcrawl.page.rules import SiteRules
    from kolcrawl.page.sites import SiteMemory

M, C = lexicon.MEANING, lexicon.CUE


def find_links(document: Document, page: Page, rules: SiteRules, memory: SiteMemory | None) -> list[PageLink]:
    """Find the links to other stories, by block and kind, in page order."""
    out = outline(document.root)
    own = {page_key(u) for u in (document.url, page.url, page.canonical, page.og_url) if u}
    address = re.match(r"https?://[^/]+([^?#]*)\??([^#]*)", page.canonical or document.url)
    shape = shape_of(address[1], address[2]) if address else shape_of("", "")
    found = find_blocks(out, Resolver(document.base_url), own, shape)
    span = body_span(out)
    links: list[PageLink] = []
    seen: set[str] = set()
    for block in found.blocks:
        kind = _kind(out, block, span)
        if kind is None:
            continue
        heading = out.heading_text(block.heading) if block.heading >= 0 else (block.lead or None)
        position = 0
        for link in block.links:
            if link.target.key in seen:
                continue
            seen.add(link.target.key)
            position += 1
            links.append(
                PageLink(
                    url=link.target.url, kind=kind, heading=heading, position=position, anchor=link.text,
                    nofollow="nofollow" in (out.elements[link.node].get("rel") or ""),
                )
            )  # fmt: skip
    return links


def _kind(out: Outline, block: Block, span: BodySpan) -> LinkKind | None:
    text = out.heading_text(block.heading) if block.heading >= 0 else ""
    meaning = lexicon.heading_meanings(text) if len(text) <= 60 else 0
    meaning |= lexicon.heading_meanings(block.lead) & (M["related"] | M["also"]) if len(block.links) == 1 else 0
    node, cues, level = block.container, 0, 0
    while node > 0 and level < 5:
        cues |= out.cues[node]
        node, level = out.parents[node], level + 1
    good = sum(link.storylike for link in block.links)
    if cues & (C["navigation"] | C["footer"]) or good < 0.5 * len(block.links):
        return None
    if meaning & M["sponsored"] or cues & C["advert"]:
        return "sponsored"
    if meaning & M["random"]:
        return "random"
    if meaning & M["related"] and not meaning & (M["popular"] | M["latest"]):
        return "related"
    if meaning & M["popular"]:
        return "popular"
    if meaning & M["also"]:
        return "related"
    if meaning & M["latest"]:
        return "latest"
    if meaning & (M["author"] | M["section"] | M["adjacent"] | M["picks"]):
        return "recommended"
    if cues & C["related"] and not meaning & M["topic"] and block.links[0].start > span.start:
        return "related"
    if meaning & M["like"]:
        return "related" if block.links[0].start > span.start else "recommended"
    if cues & C["popular"] and good > 2:
        return "popular"
    return None
