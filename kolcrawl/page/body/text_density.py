"""How much running text stands in which element of a page, and how much of it outside of boilerplate."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from kolcrawl.page.body.boilerplate import SURE_LIMIT, boilerplate_words, is_boilerplate
from kolcrawl.page.html import OUTSIDE_PROSE, PAGE_MARGINS
from kolcrawl.text.scripts import prose_weight

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.html import HtmlElement

    from kolcrawl.page.outline import Outline

PROSE_RUN = 25  # weight of a run of text from which on it counts as prose
SHORT_RUN = 60  # weight of the text of an element below which it counts for less
SHORT_RUN_FACTOR = 0.4
UNPAUSED_FACTOR = 0.3  # of text without a punctuation mark, and of legal notices
LEVELS_ABOVE_RUN = 5  # levels above a run of text that are looked at for elements without prose
PAIR_GAP = 12  # characters between the two parts of a legal notice

PUNCTUATION = re.compile(r"[。！？，；、：…,.!?;:।۔،؟]")


@dataclass(slots=True)
class TextDensity:
    """How much prose the page's elements hold, as weights; elements without prose are left out."""

    page: HtmlElement
    """The body element."""
    whole: dict[HtmlElement, float]
    """All prose below each element."""
    clean: dict[HtmlElement, float]
    """The part of it that stands outside of boilerplate."""
    by_class: dict[str | None, float]
    """Prose directly in the elements of each class."""


def measure_density(outline: Outline, headline: HtmlElement | None, title: str = "") -> TextDensity:
    """Sum up the prose of each element's descendants.

    Args:
        outline: of the page.
        headline: the element that shows the story's headline; what holds it is no boilerplate, whatever its class says
            of the columns that it holds, too.
        title: of the page; counts as its prose, so that a little text beside boilerplate does not seem to be all of it.
    """
    elements, tags, parents = outline.elements, outline.tags, outline.parents
    runs = _prose_runs(outline)
    by_class: dict[str | None, float] = defaultdict(float)
    for node, size in runs:
        by_class[elements[node].get("class")] += size
    whole = _sums(runs, parents)
    weights = _by_element(whole, elements)
    page_weight = whole[0] + _element_weight(run_weight(title))
    around = set(headline.iterancestors()) if headline is not None else set()
    outside = [False] * len(elements)
    for node, size in enumerate(whole):
        if not size:
            continue
        element = elements[node]
        if node and outside[parents[node]]:
            outside[node] = True
        elif element not in around or tags[node] in PAGE_MARGINS:
            share = size / page_weight
            outside[node] = share < SURE_LIMIT and is_boilerplate(element, by_class, weights, page_weight, share)
    clean = _sums([run for run in runs if not outside[run[0]]], parents)
    return TextDensity(elements[0], weights, _by_element(clean, elements), by_class)


def _prose_runs(outline: Outline) -> list[tuple[int, float]]:
    """List the nodes that hold prose directly, each with its weight."""
    tags, parents = outline.tags, outline.parents
    weights: dict[int, float] = {}
    for node, text in outline.runs:
        if size := run_weight(text):
            weights[node] = weights.get(node, 0.0) + size
    without: dict[int, bool] = {}  # paragraphs of one parent share what is above
    found = []
    for node, size in weights.items():
        parent = parents[node]
        if parent not in without:
            without[parent] = _is_without_prose(parent, tags, parents)
        if not without[parent] and tags[node] != "a" and tags[node] not in OUTSIDE_PROSE:
            found.append((node, _element_weight(size)))
    return found


def _element_weight(size: float) -> float:
    return size if size >= SHORT_RUN else SHORT_RUN_FACTOR * size


def _is_without_prose(node: int, tags: list[str], parents: list[int]) -> bool:
    """Tell whether a node or one right above it is a link or of an element that holds no prose."""
    for _ in range(LEVELS_ABOVE_RUN):
        if node < 0:
            return False
        if tags[node] == "a" or tags[node] in OUTSIDE_PROSE:
            return True
        node = parents[node]
    return False


def _sums(runs: Iterable[tuple[int, float]], parents: list[int]) -> list[float]:
    """Add up what the descendants of each node hold, and the node itself."""
    sums = [0.0] * len(parents)
    for node, size in runs:
        sums[node] += size
    for node in range(len(parents) - 1, 0, -1):  # children come behind their parents
        if size := sums[node]:
            sums[parents[node]] += size
    return sums


def _by_element(sums: list[float], elements: list[HtmlElement]) -> dict[HtmlElement, float]:
    return {element: size for element, size in zip(elements, sums, strict=True) if size}


def run_weight(text: str) -> float:
    """Weigh one run of text as prose: less without punctuation or with a legal notice, nothing when it is short."""
    if len(text) < PROSE_RUN and text.isascii():
        return 0.0
    text = text.strip()
    size = prose_weight(text)
    if size < PROSE_RUN:
        return 0.0
    return UNPAUSED_FACTOR * size if not PUNCTUATION.search(text) or _is_legal(text) else float(size)


def _is_legal(text: str) -> bool:
    lower = text.lower()  # one pass a word in C is far faster than a regular expression of them all
    if any(word in lower for word in boilerplate_words()["legal"]):
        return True
    return any(first in lower and pattern.search(lower) for first, pattern in _legal_pairs())


@cache
def _legal_pairs() -> list[tuple[str, re.Pattern[str]]]:
    pairs = boilerplate_words()["legal_pairs"]
    return [(first, re.compile(f"{re.escape(first)}.{{0,{PAIR_GAP}}}{re.escape(second)}")) for first, second in pairs]
