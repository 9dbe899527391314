"""Describe a page's blocks without judging them: what training and reading share.

Entry point: `survey(document, text, headline) -> Survey`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kolcrawl.page.body_span import BodySpan, body_span
from kolcrawl.page.lexicon import CUE, RELATED_MEANINGS, names_things
from kolcrawl.page.page_identity import PageIdentity, page_identity
from kolcrawl.page.related.features import Describer
from kolcrawl.page.related.link_blocks import find_blocks
from kolcrawl.urls.places import names_thing
from kolcrawl.urls.targets import Resolver

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.outline import Outline
    from kolcrawl.page.related.link_types import Link, LinkBlock, LinkBlocks

STORY_LIKENESS = 0.8  # likeness of addresses to the page's own from which on they may be stories under any heading


@dataclass(slots=True)
class Survey:
    """A page, described and not yet judged."""

    outline: Outline
    found: LinkBlocks
    span: BodySpan
    identity: PageIdentity
    describer: Describer
    resolver: Resolver

    stories_by_parent: dict[int, Link] = field(init=False)
    """The first story link of each element that holds one directly."""

    def __post_init__(self) -> None:
        """Note where stories stand."""
        parents = self.outline.parents
        links = (link for block in self.found.blocks for link in block.links if link.storylike)
        self.stories_by_parent = {parents[link.node]: link for link in sorted(links, key=lambda link: -link.order)}

    @property
    def blocks(self) -> list[LinkBlock]:
        """The page's blocks, in page order."""
        return self.found.blocks

    @property
    def meanings(self) -> list[int]:
        """What the heading of each block says, as masks of `lexicon.MEANING`."""
        return self.describer.meanings

    def is_candidate(self, index: int) -> bool:
        """Tell whether a block may be the page's own list at all."""
        block, meaning = self.blocks[index], self.meanings[index]
        if self.outline.inherited[block.container] & CUE["widget"]:
            return False
        return bool(meaning & RELATED_MEANINGS) or any(link.storylike for link in block.links)

    def is_beside_stories(self, index: int) -> bool:
        """Tell whether a block plainly offers no stories: related things, or the sources of the stories beside it."""
        return self._shows_things(index) or self._names_sources(index)

    def _names_sources(self, index: int) -> bool:
        """Tell whether a block's links stand beside the stories of another one, and name their sources or columns."""
        parents = self.outline.parents
        beside = 0
        for link in self.blocks[index].links:
            story = self.stories_by_parent.get(parents[link.node])
            beside += story is not None and story.order < link.order and story.alike > link.alike
        return 2 * beside > len(self.blocks[index].links)

    def _shows_things(self, index: int) -> bool:
        """Tell whether a block holds things that are related, but no stories: heading and addresses say so."""
        if not names_things(self.meanings[index]):
            return False
        links = self.blocks[index].links
        alike = sum(link.alike for link in links) / len(links)
        return alike < STORY_LIKENESS or 2 * sum(names_thing(link.target.path) for link in links) >= len(links)


def survey(document: Document, text: str | None, headline: HtmlElement | None) -> Survey:
    """Describe the page's blocks.

    Args:
        document: the page.
        text: of its story, as it was read.
        headline: the element that shows its headline, if one does.

    Raises:
        UrlError: the page's URL is unusable.
    """
    identity = page_identity(document)
    outline = document.outline
    headline_start = outline.start[outline.elements.index(headline)] if headline in outline.elements else 0
    resolver = Resolver(document.base_url, document.encoding)
    found = find_blocks(outline, resolver, identity, headline_start)
    span = body_span(outline, text, headline_start)
    return Survey(outline, found, span, identity, Describer(outline, found, span, identity), resolver)
