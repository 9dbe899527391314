"""Recognise phrases around lists of links: buttons, ages, dates, prefixes.

The words are data (`data/related_phrases.toml`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from kolcrawl.page.lexicon import heading_meanings
from kolcrawl.text.scripts import EAST_ASIAN_CHARACTER
from kolcrawl.text.tables import any_of, read_table

COLONS = (":", "：", "|", "»")
"""What stands between "read also" and the story."""
MAX_AD_LABEL = 40  # characters of a label with a brand
MAX_WHOLE_LIST = 48  # characters of a link to the whole list
MAX_PREFIX = 40  # characters of an anchor before a colon
_WORDS: dict[str, list[str]] = read_table("related_phrases.toml")
_SIGNS: dict[str, str] = read_table("dates.toml")["signs"]
_YEAR, _MONTH, _DAY = _SIGNS["year"], _SIGNS["month"], _SIGNS["day"]

# Nothing but signs, numbers and units of dates; an address; a date; a link to a place on the page; an age; a button.
_NO_HEADING = re.compile(
    rf"^[\W\d\s{''.join(_SIGNS[name] for name in ('year', 'month', 'day', 'hour', 'minute', 'second'))}]+$"
    rf"|^https?://|^\d{{4}}[-/.{_YEAR}]\d|^(?:{any_of(_WORDS['skip_links'])})"
    rf"|^\d+ ?(?:{any_of(_WORDS['age_units'])})\b.{{0,10}}$|^(?:{any_of(_WORDS['buttons'])})[\W×]*$",
    re.IGNORECASE,
)
_FIELD = re.compile(r"^[^:：|]{1,20}[:：]\s*[^\s:：]")
_WHOLE_LIST = re.compile(rf"(?<=\S)\s*(?:{any_of(_WORDS['whole_list'])})\W*$", re.IGNORECASE)
_WHOLE_LIST_BEGIN = re.compile(rf"\W*(?:{any_of(_WORDS['whole_list_begins'])})", re.IGNORECASE)
_BUTTON_WITHIN = re.compile(rf"(?<!\S)(?:{any_of(_WORDS['whole_list'])})(?=[\s>»›.…]|$)", re.IGNORECASE)
_DATED = re.compile(
    rf"(?:19|20)\d\d\s?[-/.{_YEAR}]\s?\d\d?|\d\d?[-/.{_MONTH}]\d\d?|\d\d?:\d\d"
    rf"|\b(?:{any_of(_WORDS['age_words'])})\b|{any_of(_WORDS['ago_signs'])}",
    re.IGNORECASE,
)
_DATE_BEHIND = (
    rf"(?:\(|\[|（)?\s*(?:\d{{4}}[-/.{_YEAR}]\s?)?\d{{1,2}}[-/.{_MONTH}]\d{{1,2}}[{_DAY}]?"
    r"(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?\s*(?:\)|\]|）)?"
)
_BEHIND_ANCHOR = re.compile(
    rf"\s*(?:{_DATE_BEHIND}|\(\d{{1,5}}\)|\d+\s*(?:{any_of(_WORDS['comments'])}))$", re.IGNORECASE
)


_AD_LABELS = frozenset(label.casefold() for label in _WORDS["ad_labels"])
_AD_WORDS = tuple(label.lower() for label in _WORDS["ad_labels"])
_AD_LABEL = re.compile(
    rf"{any_of(label for label in _WORDS['ad_labels'] if not label.isascii())}"
    rf"|(?<![A-Za-z])(?:{any_of(label for label in _WORDS['ad_labels'] if label.isascii())})(?![A-Za-z])",
    re.IGNORECASE,
)
_AD_NAME = re.compile(rf"(?:^|[-_\s])(?:{any_of(_WORDS['ad_names'])})(?:$|[-_\s])", re.IGNORECASE)
_LABEL_MARKS = " \t\u3000[](){}<>【】（）「」·•|:：-–—"
_BRAND = re.compile(r"\s*[·•|:：–—]|\s+-\s")


def mentions_ad_label(text: str) -> bool:
    """Tell whether a text holds a word that marks advertising, as a label or in a sentence."""
    lower = text.lower()  # one pass a word in C is far faster than a regular expression of them all
    return any(label in lower for label in _AD_WORDS) and _AD_LABEL.search(text) is not None


def names_advertising(names: str) -> bool:
    """Tell whether a class attribute calls its element advertising."""
    return _AD_NAME.search(names) is not None


def is_ad_label(text: str) -> bool:
    """Tell whether a text is nothing but a label of advertising, with or without a brand behind it."""
    plain = text.strip(_LABEL_MARKS)
    if len(plain) > MAX_AD_LABEL:
        return False
    return plain.casefold() in _AD_LABELS or _BRAND.split(plain, 1)[0].casefold() in _AD_LABELS


def is_field(line: str) -> bool:
    """Tell whether a line is a name with its value, such as "Editor: A. Smith", and heads nothing."""
    return _FIELD.match(line) is not None


@lru_cache(maxsize=16_384)  # the pages of a site share many of their lines
def is_no_heading(text: str) -> bool:
    """Tell whether a line is a button, a date, an age or an address, not a heading."""
    return _NO_HEADING.match(text) is not None


def ends_like_heading(text: str) -> bool:
    """Tell whether a text ends with a sign that headings have."""
    return text.endswith((":", "：", ">", "»"))


def announces(line: str) -> bool:
    """Tell whether a bare line of text ends with a sign that announces what follows."""
    return line.endswith((":", "：", "】", "»"))


def without_whole_list(heading: str) -> str:
    """Return a heading without the link to the whole list that stands in its line."""
    return _WHOLE_LIST.sub("", heading)


@lru_cache(maxsize=8_192)  # the pages of a site share their headings
def list_meanings(heading: str) -> int:
    """Return what a heading says, but for the link to the whole list in its line (see `lexicon.heading_meanings`)."""
    rest = _BUTTON_WITHIN.sub(" ", heading).strip()
    return heading_meanings(rest if len(rest) > 1 else heading)


@lru_cache(maxsize=16_384)  # the pages of a site share many of their anchors
def is_whole_list(anchor: str) -> bool:
    """Tell whether an anchor is the link to the whole list: it begins or ends with what such links say, or is that."""
    return len(anchor) <= MAX_WHOLE_LIST and (
        _WHOLE_LIST_BEGIN.match(anchor) is not None or _WHOLE_LIST.search(anchor) is not None
    )


def without_date(anchor: str) -> str:
    """Return an anchor without the date or the number of comments behind it."""
    return _BEHIND_ANCHOR.sub("", anchor)


def is_dated(text: str) -> bool:
    """Tell whether the text beside a headline holds a date, a clock or an age."""
    return _DATED.search(text) is not None


def prefix_of(anchor: str) -> str:
    """Return what an anchor begins with, where it may say "read also": up to a colon, or its first words."""
    for mark in COLONS:
        at = anchor.find(mark, 0, MAX_PREFIX)
        if at > 0:
            return anchor[:at]
    if EAST_ASIAN_CHARACTER.search(anchor[:8]):
        return anchor[:6]
    return " ".join(anchor.split(None, 3)[:3])
