"""Describe a page's blocks without judging them: what training and reading share.

Entry point: `survey(document, text, headline) -> Survey`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kolcrawl.page.body_span import BodySpan, body_span
from kolcrawl.page.lexicon import CUE, MEANING, RELATED_MEANINGS, names_things
from kolcrawl.page.page_identity import PageIdentity, page_identity
from kolcrawl.page.related.blocks.link_blocks import find_blocks
from kolcrawl.page.related.features import Describer
from kolcrawl.page.related.next_story import next_story
from kolcrawl.page.related.target_kinds import COUNTER, TargetKinds
from kolcrawl.text.scripts import headline_width
from kolcrawl.urls.places import names_thing

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.outline import Outline
    from kolcrawl.page.related.blocks.link_types import Link, LinkBlock, LinkBlocks
    from kolcrawl.urls.targets import Resolver

PLAINLY_OTHER = MEANING["popular"] | MEANING["sponsored"] | MEANING["random"]
MAX_PLAIN_HEADING = 40  # width of a heading that is not a headline, in which such words may mean anything
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

    next_story: tuple[int, int] = field(init=False)
    """Where the story that stands below the page's own begins and ends; twice 0 without one."""
    _target_kinds: TargetKinds = field(init=False)
    _no_stories: dict[int, dict[int, str]] = field(default_factory=dict)
    stories_by_parent: dict[int, Link] = field(init=False)
    """The first story link of each element that holds one directly."""

    def __post_init__(self) -> None:
        """Note where stories stand."""
        parents = self.outline.parents
        self.next_story = next_story(self.outline, self.span, self.resolver, self.identity.address)
        self._target_kinds = TargetKinds(self.identity.address)
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
        first, last = self.next_story
        if self.outline.inherited[block.container] & CUE["widget"] or first <= block.links[0].start < last:
            return False
        return bool(meaning & RELATED_MEANINGS) or any(link.storylike for link in block.links)

    def may_be_own(self, index: int) -> bool:
        """Tell whether a block is one that is judged: a candidate that nothing plain speaks against."""
        return self.is_candidate(index) and not self.is_beside_stories(index) and not self.is_plainly_other(index)

    def is_plainly_other(self, index: int) -> bool:
        """Tell whether a heading says without a doubt that a list is the site's, or advertising."""
        meaning, heading = self.meanings[index], self.blocks[index].heading
        text = self.outline.heading_text(heading) if heading >= 0 else ""
        plain = headline_width(text) <= MAX_PLAIN_HEADING
        if plain and meaning & PLAINLY_OTHER and not meaning & (MEANING["related"] | MEANING["like"]):
            return True
        return self._is_next_above(index)

    def is_beside_stories(self, index: int) -> bool:
        """Tell whether a block plainly offers no stories: related things, or the sources of the stories beside it."""
        return self._shows_things(index) or self._names_sources(index) or self._leads_elsewhere(index)

    def _is_next_above(self, index: int) -> bool:
        """Tell whether a block is a lone link above the body to the story that is read next."""
        block = self.blocks[index]
        is_next = self.meanings[index] & MEANING["adjacent"] and not self.meanings[index] & MEANING["related"]
        return bool(is_next) and len(block.links) == 1 and block.links[0].start < self.span.start

    def _leads_elsewhere(self, index: int) -> bool:
        """Tell whether all links of a block lead to no story; a block of advertising alone is of a kind of its own."""
        found = self.no_stories(index)
        return len(found) == len(self.blocks[index].links) and set(found.values()) != {COUNTER}

    def no_stories(self, index: int) -> dict[int, str]:
        """Return which links of a block lead to no story, by their place in it, and what they lead to."""
        if index not in self._no_stories:
            self._no_stories[index] = self._target_kinds.of_links(self.blocks[index].links)
        return self._no_stories[index]

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
    resolver = document.resolver
    found = find_blocks(outline, resolver, identity, headline_start)
    span = body_span(outline, text, headline_start)
    return Survey(outline, found, span, identity, Describer(outline, found, span, identity), resolver)
