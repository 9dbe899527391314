"""Describe a page's blocks without judging them: what training and reading share.

Entry point: `survey(document, text, headline) -> Survey`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kolcrawl.page.lexicon import CUE, RELATED_MEANINGS
from kolcrawl.page.page_identity import PageIdentity, page_identity
from kolcrawl.page.related.body_span import BodySpan, body_span
from kolcrawl.page.related.features import Describer
from kolcrawl.page.related.link_blocks import find_blocks
from kolcrawl.urls.targets import Resolver

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.outline import Outline
    from kolcrawl.page.related.link_types import LinkBlock, LinkBlocks


@dataclass(slots=True)
class Survey:
    """A page, described and not yet judged."""

    outline: Outline
    found: LinkBlocks
    span: BodySpan
    identity: PageIdentity
    describer: Describer

    @property
    def blocks(self) -> list[LinkBlock]:
        """The page's blocks, in page order."""
        return self.found.blocks

    @property
    def meanings(self) -> list[int]:
        """What the heading of each block says, as masks of `lexicon.MEANING`."""
        return self.describer.meanings

    def is_candidate(self, index: int) -> bool:
        """Whether a block may be the page's own list at all."""
        if self.outline.inherited[self.blocks[index].container] & CUE["widget"]:
            return False
        return bool(self.meanings[index] & RELATED_MEANINGS) or any(link.storylike for link in self.blocks[index].links)


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
    found = find_blocks(outline, Resolver(document.base_url, document.encoding), identity, headline_start)
    span = body_span(outline, text, headline_start)
    return Survey(outline, found, span, identity, Describer(outline, found, span, identity))
