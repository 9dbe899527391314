"""The text of a story off the tree: where its prose stands, and its paragraphs in order.

From the body, the way leads down as long as one child holds nearly all of its parent's prose, in the manner of Arc90's
Readability (`text_density.py` weighs the prose). What the element shows to which it leads, less boilerplate, lists of
teasers and what follows a heading like "Related", is the text. Nothing is copied and the tree is not changed, so this
costs a fifth of a general extractor; `Extraction.certain` says when its answer should not stand alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.body.boilerplate import end_share
from kolcrawl.page.body.lead import collect_lead
from kolcrawl.page.body.paragraph_collector import LONG_PARAGRAPH, SHORT_CONTENT, Paragraph, ParagraphCollector
from kolcrawl.page.body.story_boxes import SENTENCE_END
from kolcrawl.page.element_text import text_of
from kolcrawl.page.html import HEADINGS, TEXT_LEAVES, TEXTUAL_BLOCKS
from kolcrawl.text.normalize import letters
from kolcrawl.text.scripts import prose_weight

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.page.body.text_density import TextDensity

DOMINANT_SHARE = 0.8  # of its parent's prose that a child must hold to be gone down into
HEADED_SHARE = 0.5  # the same for a child that holds the headline, too
ARTICLE_SHARE = 0.15  # of the prose, at least, that makes an article element one of several stories
STORIES_SHARE = 0.7  # of the prose that several stories hold on an endless page

BEFORE_END_MARK = 150  # characters of the story, at least, before a mark of its end
REPEATABLE = 40  # characters up to which a line may come twice
REPEATED_START = 80  # characters by which a long paragraph is known again
REPEATED_LONG = 400  # characters of a paragraph that is known by its start
MAX_REPEAT_SEARCH = 100_000_000  # characters, in all, that are searched for starts within other paragraphs


class Extraction(NamedTuple):
    """The text that was found on the tree."""

    paragraphs: list[Paragraph]
    certain: bool
    """Whether structure and text agree well enough to believe it alone."""

    def joined(self) -> str:
        """Write the paragraphs, one a line."""
        return "\n".join(paragraph.text for paragraph in self.paragraphs)


NOTHING_FOUND = Extraction([], False)


def find_paragraphs(
    density: TextDensity, headline: HtmlElement | None, content_root: HtmlElement | None = None
) -> Extraction:
    """Collect the paragraphs of the page's main text, in order.

    Args:
        density: of the page.
        headline: the element that shows the headline, for the lead paragraphs between it and the text.
        content_root: the element that holds the text, when it is known.
    """
    if known := content_root is not None:
        root = content_root
    elif density.clean.get(density.page):
        root = _content_root(density, headline)
    else:
        return NOTHING_FOUND
    collector = ParagraphCollector(root, density, headline)
    paragraphs, cut = _trim(collector.collect(root), letters(text_of(headline)) if headline is not None else "")
    held = sum(prose_weight(paragraph.text) for paragraph in paragraphs)
    lead = [] if known else collect_lead(headline, root, collector, paragraphs)
    expected = density.clean.get(root, 0.0)
    certain = known or (
        root.tag not in ("body", "html")
        and held >= SHORT_CONTENT
        and 0.8 * expected <= held + cut + collector.teaser_weight
        and held + cut <= 1.6 * expected + 200
    )
    return Extraction(_without_repeats(lead + _without_labels(paragraphs)), certain)


def _content_root(density: TextDensity, headline: HtmlElement | None) -> HtmlElement:
    """Find the deepest element that still holds nearly all of the clean prose."""
    clean = density.clean
    above = set(headline.iterancestors()) if headline is not None else set()
    node = density.page
    while True:
        best = max((child for child in node if child in clean), key=clean.__getitem__, default=None)
        needed = HEADED_SHARE if best in above else DOMINANT_SHARE
        if best is None or best.tag in TEXT_LEAVES or clean[best] < needed * clean[node]:
            break
        node = best
    return _own_article(node, clean, above)


def _own_article(node: HtmlElement, clean: dict[HtmlElement, float], above: set[HtmlElement]) -> HtmlElement:
    """Choose the page's own story on an endless page, which holds further ones after it, each in an article.

    Args:
        node: holds nearly all of the prose.
        clean: prose of each element.
        above: the elements that hold the headline.

    Returns: the article with the headline, else the first; `node` where there are not several, or where they are the
        entries of one story.
    """
    stories = [
        article
        for article in node.iter("article")
        if article is not node and clean.get(article, 0.0) > ARTICLE_SHARE * clean[node]
    ]
    outer = set(stories)
    stories = [story for story in stories if outer.isdisjoint(story.iterancestors())]
    if len(stories) > 1 and sum(clean[story] for story in stories) > STORIES_SHARE * clean[node]:
        own = next((story for story in stories if story in above), None)
        if own is None and above and _are_entries(stories):
            return node
        return stories[0] if own is None else own
    return node


def _are_entries(articles: list[HtmlElement]) -> bool:
    """Tell whether articles are the entries of one story, as in a live blog: alike, and without a page of their own.

    A further story has a headline of the first rank, or one that leads to its page.
    """
    if len({(article.getparent(), article.get("class")) for article in articles}) > 1:
        return False
    headings = (heading for article in articles for heading in article.iter(*HEADINGS))
    return not any(heading.tag == "h1" or heading.find(".//a") is not None for heading in headings)


def _trim(paragraphs: list[Paragraph], headline: str) -> tuple[list[Paragraph], int]:
    """Drop what stands before the headline and behind an end mark.

    Args:
        paragraphs: in order.
        headline: letters of the headline where the page shows it; another h1 then is the title of a part.

    Returns: the rest, and the weight behind the mark.
    """
    kept: list[Paragraph] = []
    before, after = 0, sum(len(paragraph.text) for paragraph in paragraphs)
    later = sum(map(_unlinked, paragraphs))
    for index, paragraph in enumerate(paragraphs):
        after -= len(paragraph.text)
        later -= _unlinked(paragraph)
        if paragraph.tag == "h1":
            is_part = headline and letters(paragraph.text) != headline
            if before < 0.5 * after and not is_part:
                kept, before = [], 0
            continue
        if before > BEFORE_END_MARK and (share := end_share(paragraph.text)):
            if later < share * before:
                return _without_last_headings(kept), sum(prose_weight(p.text) for p in paragraphs[index:])
            continue
        kept.append(paragraph)
        before += len(paragraph.text)
    return _without_last_headings(kept), 0


def _unlinked(paragraph: Paragraph) -> int:
    return len(paragraph.text) - paragraph.linked if paragraph.tag == "p" else 0


def _without_last_headings(paragraphs: list[Paragraph]) -> list[Paragraph]:
    while paragraphs and paragraphs[-1].tag in HEADINGS:
        paragraphs.pop()
    return paragraphs


def _without_labels(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Drop labels and credits: short texts of other elements that end no sentence, where the prose stands in p."""
    in_p = sum(len(paragraph.text) for paragraph in paragraphs if paragraph.tag == "p")
    if in_p < 0.6 * sum(len(paragraph.text) for paragraph in paragraphs):
        return paragraphs
    return [
        paragraph
        for paragraph in paragraphs
        if paragraph.tag in TEXTUAL_BLOCKS
        or len(paragraph.text) > LONG_PARAGRAPH
        or SENTENCE_END.search(paragraph.text)
    ]


def _without_repeats(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Keep each longer paragraph once: responsive pages carry some twice, whole or within others."""
    seen: set[str] = set()
    starts: set[str] = set()
    texts: list[str] = []  # joined where they are searched: adding to one long string would copy it each time
    length = searched = 0
    kept = []
    for paragraph in paragraphs:
        if len(paragraph.text) > REPEATABLE:
            if paragraph.text in seen:
                continue
            start = paragraph.text[:REPEATED_START]
            if len(paragraph.text) > REPEATED_LONG:
                searched += length
                if start in starts:
                    continue
                if searched <= MAX_REPEAT_SEARCH:
                    texts = ["\n".join(texts)]
                    if start in texts[0]:
                        continue
            seen.add(paragraph.text)
            starts.add(start)
            texts.append(paragraph.text)
            length += len(paragraph.text)
        kept.append(paragraph)
    return kept
