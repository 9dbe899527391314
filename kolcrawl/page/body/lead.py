"""The lead of a story: its paragraphs between the headline and the element that holds the rest of the text."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from kolcrawl.page.body.boilerplate import boilerplate_words, is_boilerplate
from kolcrawl.page.body.text_density import PUNCTUATION
from kolcrawl.page.html import BESIDE_STORY
from kolcrawl.text.scripts import prose_weight
from kolcrawl.text.tables import any_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from kolcrawl.page.body.paragraph_collector import Paragraph, ParagraphCollector

LEAD_WEIGHT = 60  # of a lead paragraph, at least
MAX_LEADS = 4


def collect_lead(
    headline: HtmlElement | None, root: HtmlElement, collector: ParagraphCollector, paragraphs: list[Paragraph]
) -> list[Paragraph]:
    """Collect the paragraphs of prose between the headline and the content root: the lead, where it stands apart."""
    if headline is None:
        return []
    found: list[Paragraph] = []
    for element in _between(headline, root):
        if not isinstance(element.tag, str) or element.tag in BESIDE_STORY or len(found) > MAX_LEADS:
            continue
        named = _is_named_lead(element)
        if not named and is_boilerplate(element, collector.by_class, collector.weights, collector.root_weight):
            continue
        for paragraph in collector.collect(element):
            long = prose_weight(paragraph.text) >= LEAD_WEIGHT and PUNCTUATION.search(paragraph.text)
            plain = paragraph.linked * 3 < len(paragraph.text)
            if long and plain and (named or paragraph.tag in ("p", "h2", "h3", "div", "li")):
                found.append(paragraph)
    length = sum(len(paragraph.text) for paragraph in found)
    return found if length <= 0.5 * sum(len(paragraph.text) for paragraph in paragraphs) + 300 else []


def _is_named_lead(element: HtmlElement) -> bool:
    """Tell whether the class or id of an element, or of one of the first elements in it, says that it is the lead."""
    inside = [element, *islice(element.iter("p", "div", "h2"), 3)]
    return any(_calls_lead(f"{one.get('class') or ''} {one.get('id') or ''}") for one in inside)


@lru_cache(maxsize=20_000)  # a site's templates use the same thousand names on every page
def _calls_lead(names: str) -> bool:
    return _lead_pattern().search(names) is not None


@cache
def _lead_pattern() -> re.Pattern[str]:
    return re.compile(any_of(boilerplate_words()["lead"]), re.IGNORECASE)


def _between(first: HtmlElement, second: HtmlElement) -> Iterator[HtmlElement]:
    """Return the elements that stand between two in document order; none when the first does not come first."""
    above = [first, *first.iterancestors()]
    holders = set(above)
    way = [second]
    for up in second.iterancestors():
        if up in holders:
            break
        way.append(up)
    else:
        return
    if second in holders:
        return
    branch = above[above.index(way[-1].getparent()) - 1]
    siblings = list(branch.itersiblings())
    if way[-1] not in siblings:
        return
    for up in above[: above.index(branch)]:
        yield from up.itersiblings()
    yield from siblings[: siblings.index(way[-1])]
    for up in reversed(way[:-1]):
        yield from reversed(list(up.itersiblings(preceding=True)))
