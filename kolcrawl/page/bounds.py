"""Bounds on the text of a page: what takes a parser or a reader too long, or too much memory, is cut or refused.

No real page comes near them. Deeper nesting than 2,048 levels is cut by libxml2 itself.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from itertools import islice

from kolcrawl.errors import PageError
from kolcrawl.text.normalize import MAX_MARKS, cut_marks

MAX_BYTES = 12_000_000  # above any real article; a hostile page must not hold the crawl
MAX_CONTROL_SHARE = 0.02  # of control characters; pages have none, but for a stray NUL
JUDGED_CHARACTERS = 20_000  # at the beginning of a page in which they are counted
MAX_MARKUP_TAGS = 500_000  # signs that open or close a tag; a full page has 7,000
MAX_READ_TAGS = 200_000  # of them that are read: each costs every reader some microseconds
LONGEST_RUN = 1_000_000  # characters of one text or tag that are read: more than any story's
KEPT_END = 10_000  # of them at its end, which may hold a closing quote
# libxml2 compares the attributes of one tag with each other: 40,000, in 350 kB, take it 24 seconds.
MAX_MARKUP_ATTRIBUTES = 5_000
MAX_COMPARED = (
    MAX_MARKUP_ATTRIBUTES**2
)  # pairs, in all tags of a page; scripts that look like tags come to a twentieth of it
FIRST_MARK = 0x300  # the first character that combines with the one before it
CROWDED_TAG = 128  # attributes from which on a tag is counted
MAX_ALL_ATTRIBUTES = 700_000  # of a page; each takes 110 bytes of memory. The fullest real page met had 10,000

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_XML_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
# Possessive: nothing is given back to find the end.
_LONG_RUN = re.compile(rf"(?:^|(?<=[<>]))[^<>]{{{LONGEST_RUN + 1},}}+")
# Attributes as HTML's tokenizer takes them apart (13.2.5.32 to .40); possessive, so in linear time.
# With HTML's white space alone, a set of so few signs is looked up in half the time of `\s`.
_ATTRIBUTE = (
    r"""[^ \t\n\r\f/>][^ \t\n\r\f/>=]*+"""
    r"""(?:[ \t\n\r\f]*+=[ \t\n\r\f]*+(?:"[^"]*+"|'[^']*+'|[^ \t\n\r\f>"'][^ \t\n\r\f>]*+)?+)?+"""
)
_NEXT_ATTRIBUTE = rf"[ \t\n\r\f/]*+{_ATTRIBUTE}"
# A name ends where another tag may begin: else each of `<a<a<a` would be read to the last.
_TAG_NAME = r"<[a-zA-Z][^ \t\n\r\f/><]*+(?:<(?![a-zA-Z])[^ \t\n\r\f/><]*+)*+(?=[ \t\n\r\f/])"
_CROWDED_TAG = re.compile(rf"{_TAG_NAME}(?:{_NEXT_ATTRIBUTE}){{{CROWDED_TAG}}}(?:{_NEXT_ATTRIBUTE})*+")
_TAG_WITH_ATTRIBUTES = re.compile(rf"{_TAG_NAME}(?:{_NEXT_ATTRIBUTE})++")
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_BEFORE_ATTRIBUTES = " \t\n\r\f/\"'"  # each of them stands behind one of these
_REFERENCE = re.compile(r"&#(?:[xX]0*+([0-9a-fA-F]{1,6})|0*+([0-9]{1,7}));?")
_MARK_REFERENCES = re.compile(rf"(?:{_REFERENCE.pattern}|[^\x00-\u02ff]){{{MAX_MARKS + 1},}}+")


def bound_markup(text: str, url: str) -> str:
    """Cut the text of a page to what can be parsed and read in time.

    Args:
        text: of the page, decoded.
        url: of the page, for messages.

    Raises:
        PageError: `not_html` for binary data, `too_large` for what no page needs.
    """
    head = text[:JUDGED_CHARACTERS]
    if len(_CONTROL.findall(head)) > len(head) * MAX_CONTROL_SHARE:
        raise PageError("not_html", f"{url}: binary data, no page")
    if declared := _XML_DECLARATION.match(text):
        text = text[declared.end() :]
    if "\x00" in text:
        text = text.replace("\x00", "")
    if len(text) > MAX_READ_TAGS:
        text = _cut_tags(text, url)
    if _has_long_run(text):
        text = _LONG_RUN.sub(lambda run: run[0][: LONGEST_RUN - KEPT_END] + run[0][-KEPT_END:], text)
    if _is_overloaded(text):
        raise PageError(
            "too_large", f"{url}: more than {MAX_MARKUP_ATTRIBUTES} attributes in a tag, or hundreds in many"
        )
    if any(map(_is_mark, _REFERENCE.finditer(text))) and text.count("&#") > MAX_MARKS:
        text = _MARK_REFERENCES.sub(lambda run: _REFERENCE.sub(_resolved_mark, run[0]), text)
    return cut_marks(text)


def _cut_tags(text: str, url: str) -> str:
    """Cut a page behind the tags that are read; one of far more is refused."""
    tags = text.count("<")
    if tags > MAX_MARKUP_TAGS:
        raise PageError("too_large", f"{url}: more than {MAX_MARKUP_TAGS} tags")
    if tags <= MAX_READ_TAGS:
        return text
    return text[: next(islice(re.finditer("<", text), MAX_READ_TAGS, None)).start()]


def _has_long_run(text: str) -> bool:
    """Tell whether a text or tag has more than `LONGEST_RUN` characters, by leaps of nearly so many."""
    at = 0
    while at + LONGEST_RUN < len(text):
        last = max(text.rfind(sign, at, at + LONGEST_RUN + 1) for sign in "<>")
        if last < 0:
            return True
        at = last + 1
    return False


def _code_of(reference: re.Match[str]) -> int:
    return int(reference[1], 16) if reference[1] else int(reference[2])


def _is_mark(reference: re.Match[str]) -> bool:
    """Tell whether a character reference stands for a combining mark."""
    code = _code_of(reference)
    return FIRST_MARK <= code <= sys.maxunicode and unicodedata.combining(chr(code)) > 0


def _resolved_mark(reference: re.Match[str]) -> str:
    """Write the combining mark that a character reference stands for; other references stay."""
    return chr(_code_of(reference)) if _is_mark(reference) else reference[0]


def _is_overloaded(text: str) -> bool:
    """Tell whether tags have so many attributes that parsing them would hold up the crawl, or take its memory."""
    compared = 0
    for tag in _CROWDED_TAG.finditer(text):
        compared += len(_ATTRIBUTES.findall(tag[0])) ** 2
        if compared > MAX_COMPARED:
            return True
    if len(text) < MAX_ALL_ATTRIBUTES or sum(map(text.count, _BEFORE_ATTRIBUTES)) < MAX_ALL_ATTRIBUTES:
        return False
    attributes = 0
    for tag in _TAG_WITH_ATTRIBUTES.finditer(text):
        attributes += len(_ATTRIBUTES.findall(tag[0])) - 1  # the tag's name looks like one
        if attributes > MAX_ALL_ATTRIBUTES:
            return True
    return False
