"""Bounds on the text of a page: what takes a parser or a reader too long, or too much memory, is cut or refused.

No real page comes near them. Deeper nesting than 2,048 levels is cut by libxml2 itself.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import lru_cache
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

_CONTROLS = bytes(code for code in range(0x20) if code not in b"\t\n\x0c\r\x1b")
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
# Of bytes, in which looking costs half of what it costs in texts beyond Latin.
_CROWDED_TAG = re.compile(rf"{_TAG_NAME}(?:{_NEXT_ATTRIBUTE}){{{CROWDED_TAG}}}(?:{_NEXT_ATTRIBUTE})*+".encode())
_TAG_WITH_ATTRIBUTES = re.compile(rf"{_TAG_NAME}(?:{_NEXT_ATTRIBUTE})++".encode())
_ATTRIBUTES = re.compile(_ATTRIBUTE.encode())
_BEFORE_ATTRIBUTES = b" \t\n\r\f/\"'"  # each of them stands behind one of these
_REFERENCE = re.compile(r"&#(?:[xX]0*+([0-9a-fA-F]{1,6})|0*+([0-9]{1,7}));?")
# A reference to `FIRST_MARK` or beyond has three digits.
_FAR_REFERENCE = re.compile(rb"&#(?:[xX]0*+([0-9a-fA-F]{3,6})|0*+([0-9]{3,7}))")
_MARK_REFERENCES = re.compile(rf"(?:{_REFERENCE.pattern}|[^\x00-\u02ff]){{{MAX_MARKS + 1},}}+")


def bound_markup(text: str, url: str) -> bytes:
    """Cut the text of a page to what can be parsed and read in time.

    Args:
        text: of the page, decoded.
        url: of the page, for messages.

    Returns: the rest in UTF-8, as the parser takes it.

    Raises:
        PageError: `not_html` for binary data, `too_large` for what no page needs.
    """
    head = text[:JUDGED_CHARACTERS].encode("utf-8", "replace")
    if len(head) - len(head.translate(None, _CONTROLS)) > len(text[:JUDGED_CHARACTERS]) * MAX_CONTROL_SHARE:
        raise PageError("not_html", f"{url}: binary data, no page")
    if declared := _XML_DECLARATION.match(text):
        text = text[declared.end() :]
    given, markup = text, text.encode("utf-8", "replace")
    if b"\x00" in markup:
        text = text.replace("\x00", "")
    if len(text) > MAX_READ_TAGS:
        text = _cut_tags(text, url)
    if _has_long_run(text):
        text = _LONG_RUN.sub(lambda run: run[0][: LONGEST_RUN - KEPT_END] + run[0][-KEPT_END:], text)
    if text is not given:
        markup = text.encode("utf-8", "replace")
    if _is_overloaded(markup):
        raise PageError(
            "too_large", f"{url}: more than {MAX_MARKUP_ATTRIBUTES} attributes in a tag, or hundreds in many"
        )
    bounded = text
    if _refers_to_mark(markup) and text.count("&#") > MAX_MARKS:
        bounded = _MARK_REFERENCES.sub(lambda run: _REFERENCE.sub(_resolved_mark, run[0]), text)
    bounded = cut_marks(bounded)
    return markup if bounded == text else bounded.encode("utf-8", "replace")


def _refers_to_mark(markup: bytes) -> bool:
    """Tell whether a combining mark stands in a page as a character reference."""
    return any(_names_mark(*reference.groups()) for reference in _FAR_REFERENCE.finditer(markup))


@lru_cache(maxsize=1_024)  # pages have many references to few characters
def _names_mark(hexadecimal: bytes | None, decimal: bytes | None) -> bool:
    return _is_mark(int(hexadecimal, 16) if hexadecimal else int(decimal or b"0"))


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


def _is_mark(code: int) -> bool:
    """Tell whether a code point is that of a combining mark."""
    return FIRST_MARK <= code <= sys.maxunicode and unicodedata.combining(chr(code)) > 0


def _resolved_mark(reference: re.Match[str]) -> str:
    """Write the combining mark that a character reference stands for; other references stay."""
    code = _code_of(reference)
    return chr(code) if _is_mark(code) else reference[0]


def _is_overloaded(markup: bytes) -> bool:
    """Tell whether tags have so many attributes that parsing them would hold up the crawl, or take its memory."""
    compared = 0
    for tag in _CROWDED_TAG.finditer(markup):
        compared += len(_ATTRIBUTES.findall(tag[0])) ** 2
        if compared > MAX_COMPARED:
            return True
    if len(markup) < MAX_ALL_ATTRIBUTES or sum(map(markup.count, _BEFORE_ATTRIBUTES)) < MAX_ALL_ATTRIBUTES:
        return False
    attributes = 0
    for tag in _TAG_WITH_ATTRIBUTES.finditer(markup):
        attributes += len(_ATTRIBUTES.findall(tag[0])) - 1  # the tag's name looks like one
        if attributes > MAX_ALL_ATTRIBUTES:
            return True
    return False
