"""Which parts of a page are boilerplate beside the story, and where the story ends: by tag, class, id, style, heading.

The words are in `data/boilerplate.toml`; a language or a habit of templates more is a word more.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from kolcrawl.page.body.story_boxes import continues_story, holds_story, is_hidden
from kolcrawl.page.html import BESIDE_STORY, BLOCKS, PAGE_MARGINS, TEXT_LEAVES
from kolcrawl.text.tables import any_of, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.html import HtmlElement

    Weights = Mapping[HtmlElement, float]
    """Prose below each element."""

CLASS_LIMIT = 0.4  # share of the prose from which on no class name but the surest makes boilerplate of an element
SURE_LIMIT = 0.75  # the same for names and tags that leave no doubt
CLASS_OF_TEXT = 0.2  # share of the prose from which on a class that paragraphs carry is no mark of boilerplate
END_SHARE = 0.1  # of the prose before a mark of the end that may follow it; a callout in mid-story has more behind it
COMMENTS_SHARE = 3.0  # the same for a heading of readers' comments
LONGEST_END_MARK = 40  # characters

_CONTENT_TAGS = frozenset(("body", "html", "main"))
_NAMED_TEXT = TEXT_LEAVES | {"h2", "h3", "h4"}


def is_boilerplate(
    element: HtmlElement, by_class: Mapping[str | None, float], weights: Weights, page: float, share: float = 0.0
) -> bool:
    """Tell whether tag, class, id or style say that the element is not running text.

    Args:
        element: to be judged.
        by_class: prose directly in the elements of each class.
        weights: prose below each element.
        page: prose of the page, or of the part of it that is looked at.
        share: of that prose that the element holds; from `CLASS_LIMIT` on only the surest names count.
    """
    if share >= CLASS_LIMIT:
        return _is_surely_boilerplate(element) and not (_is_loosely_named(element) and holds_story(element, weights))
    tag = element.tag
    if tag in BESIDE_STORY:
        return not (tag == "figure" and _is_table_frame(element))
    name, ident = element.get("class"), element.get("id")
    if tag in _NAMED_TEXT:
        # Sites name their paragraphs oddly; a class that much of the text carries is no mark.
        if name and _names_boilerplate(name) and by_class.get(name, 0.0) < CLASS_OF_TEXT * page:
            return not (tag == "p" and not _names_firmly(name) and holds_story(element, weights))
    elif tag not in _CONTENT_TAGS and ((name and _names_boilerplate(name)) or (ident and _names_boilerplate(ident))):
        return not (_is_loosely_named(element) and holds_story(element, weights))
    # a paragraph hidden from non-subscribers is still the story, and so is a box of them behind "read more"
    return tag != "p" and is_hidden(element) and not (tag in BLOCKS and continues_story(element, weights))


def is_unseen(element: HtmlElement) -> bool:
    """Tell whether an element is hidden, or there to be read aloud only."""
    name = element.get("class")
    return bool(name and _unseen_name().search(name)) or is_hidden(element)


def _is_loosely_named(element: HtmlElement) -> bool:
    """Tell whether class and id are those of places and states, in which stories stand too."""
    names = (element.get("class"), element.get("id"))
    return element.tag not in BESIDE_STORY and not any(name and _names_firmly(name) for name in names)


def _is_table_frame(element: HtmlElement) -> bool:
    """Tell whether a figure frames a table or a listing, which are text."""
    return element.find(".//table") is not None or element.find(".//pre") is not None


def _is_surely_boilerplate(element: HtmlElement) -> bool:
    tag = element.tag
    if tag in PAGE_MARGINS:
        return True
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return tag not in _CONTENT_TAGS and tag != "article" and bool(_sure_name().search(names))


@lru_cache(maxsize=20_000)  # a site's templates use the same thousand names on every page
def _names_boilerplate(name: str) -> bool:
    return bool(_name_pattern().search(_layout_forms().sub("", name)))


@lru_cache(maxsize=20_000)
def _names_firmly(name: str) -> bool:
    return bool(_firm_pattern().search(_layout_forms().sub("", name)))


@cache
def _layout_forms() -> re.Pattern[str]:
    """Match the parts of a class that say how an element looks, or how the story is filed, and not what it is."""
    return re.compile("|".join(boilerplate_words()["layout_forms"]))


@cache
def _sure_name() -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s_-])(?:{any_of(boilerplate_words()['sure'])})(?:$|[\s_-])", re.IGNORECASE)


@cache
def _unseen_name() -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s_-])(?:{any_of(boilerplate_words()['unseen'])})(?:$|[\s_-])", re.IGNORECASE)


@cache
def _name_pattern() -> re.Pattern[str]:
    words = boilerplate_words()
    return _named([*words["begin"], *words["loose_begin"]], [*words["whole"], *words["loose"]])


@cache
def _firm_pattern() -> re.Pattern[str]:
    words = boilerplate_words()
    return _named(words["begin"], words["whole"])


def _named(begin: list[str], whole: list[str]) -> re.Pattern[str]:
    # A part begins at the start, behind a space, dash or underscore, or at a capital inside.
    return re.compile(
        rf"(?:^|[\s_-])(?:(?i:{any_of(begin)})|(?i:{any_of(whole)})(?=$|[\s_-]))"
        rf"|(?<=[a-z])(?:{any_of(boilerplate_words()['inside'])})"
    )


@cache
def _end_marks() -> dict[str, float]:
    """Return the marks of an end, with how much longer the prose behind them may be than the story before them."""
    words = boilerplate_words()
    marks = dict.fromkeys((word for of_language in words["ends"].values() for word in of_language), END_SHARE)
    return marks | dict.fromkeys(words["comments"]["any"], COMMENTS_SHARE)


@cache
def _end_pattern() -> re.Pattern[str]:
    """Match the headings of an end that have the site's or a person's name in them."""
    return re.compile("|".join(boilerplate_words()["end_forms"]))


@cache
def boilerplate_words() -> dict[str, Any]:
    """Read the words by which boilerplate is known."""
    return read_table("boilerplate.toml")


def end_share(text: str) -> float:
    """Tell how much prose may follow a line behind which a story ends (`Related`, `相关阅读`, `12 Kommentare`).

    Returns: a share of the prose before it; 0 for any other line.
    """
    if len(text) > LONGEST_END_MARK:
        return 0.0
    line = re.sub(r"^[\W\d]+|[\W\d]+$", "", text).lower()
    return _end_marks().get(line) or (END_SHARE if _end_pattern().fullmatch(line) else 0.0)
