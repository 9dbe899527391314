"""The story's headline: what the visible heading, the structured data and the titles agree on.

An h1 is believed when another title of the page agrees with it, because many sites put their name, a menu or a login
box into one. Where the structured headline and the h1 both are plausible and differ, the structured one is taken: the
h1 is then often a variant for the front page or a test. Of two that differ by a few words inside, the one without them
is the headline as written: editors and plugins put keywords in for search engines. Only a headline out of the title
element still carries the site's name; `kolcrawl.story.clean` drops it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kolcrawl.page.element_text import LONGEST_TEXT, text_of
from kolcrawl.page.facts import jsonld
from kolcrawl.page.facts.shown_title import shown_beginning, shown_below_section
from kolcrawl.text.normalize import clean_line, cut_marks, letters
from kolcrawl.text.scripts import CAPITALS, EAST_ASIAN, LATIN, is_han
from kolcrawl.text.tables import read_table
from kolcrawl.text.titles import drop_site_name, is_site_name, pieces_of
from kolcrawl.urls.hosts import host_names, hostname_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.html import HtmlElement

    from kolcrawl.page.facts.meta import Markup

    Answer = tuple[str, str]
    """A headline, and which part of the page gave it."""

MAX_H1 = 8  # pages with more h1 are lists
MAX_KICKERS = 3  # elements in a heading that may be one
MAX_HEADING_NODES = 500  # elements in a heading that are read
LONGEST_HEADLINE = 400  # characters
LONGEST_SITE_NAME = 80  # characters
ADDRESS_SHARE = 0.8  # of a headline's words that an address names which was made of it
PLAIN_SHARE = 2 / 3  # of a padded headline's words, at least, that are in the plain one
SHORTEST_HEADING = 10  # letters of an h1 that is believed alone
SHORTEST_HAN_HEADING = 4

SAME, PART, ALIKE, DIFFERENT = 3, 2, 1, 0
"""How far two titles agree: the same letters; one holds the other; most words in common; less."""

_TITLE_TAGS = ("og:title", "twitter:title", "sailthru.title", "parsely-title", "dc.title", "title")
_TITLE_TAGS_CUT_BY_QUOTES = ("dc.title", "title")  # a quotation mark in the value ends it early
_APART = frozenset(("br", "span", "div", "p", "a", "strong", "small"))
_UNSEEN = frozenset(("script", "style", "svg", "title"))
_CLOSES = re.compile(
    r"[:;,.!?)\]}%»”’\u3001\u3002\uff0c\uff1a\uff1b\uff01\uff1f\uff09]"
)  # stands close to the word before
_ENDS_WORD = re.compile(rf"[{LATIN}]{{3}}$")
_BEGINS_WORD = re.compile(rf"[{CAPITALS}][{LATIN}\s]")
_CUT = re.compile(r"(?:\.\.\.|…)\s*$")
_WORD = re.compile(rf"[{EAST_ASIAN}]|\w+")  # East Asian words stand unspaced: by character
_LATIN = re.compile(r"[a-z]{4,}")


def site_names(markup: Markup) -> list[str]:
    """List what the page calls its site, best source first."""
    names = [markup.first("og:site_name"), markup.first("application-name", "apple-mobile-web-app-title")]
    if markup.article:
        names.append(jsonld.string(markup.article.get("publisher")))
    names += [jsonld.string(node.get("name")) for node in markup.nodes if "WebSite" in jsonld.types_of(node)]
    cleaned = dict.fromkeys(clean_line(name) for name in names if name)
    return [name for name in cleaned if 1 < len(name) <= LONGEST_SITE_NAME]


def read_headline(markup: Markup, root: HtmlElement) -> tuple[str | None, str]:
    """Read the headline as the page gives it.

    Returns: the headline, and which part gave it: `h1`, `heading`, `jsonld`, `meta`, `microdata`, `script` or
        `title`.
    """
    titles = _read_titles(markup, root)
    answer = next(filter(None, (rule(titles) for rule in _RULES)), (None, "title"))
    if answer[1] == "title" and (headline := markup.script.story.headline):
        return headline, "script"  # the title element alone has the site's name in it, or is of all its pages
    return answer


@dataclass(slots=True)
class _Titles:
    """All that a page gives as its title, each without the site's name; empty where it gives none."""

    markup: Markup
    root: HtmlElement
    names: list[str]
    """What the page calls its site."""
    host: tuple[str, ...]
    jsonld: str
    stated: str
    """The JSON-LD's headline as stated; empty where another one is newer."""
    meta: str
    element: str
    """Of the title element."""
    heading: str
    """The h1 that the others support most."""
    support: int
    """How far another title agrees with it."""


def _read_titles(markup: Markup, root: HtmlElement) -> _Titles:
    host = host_names(hostname_of(markup.url))
    names = site_names(markup) + _site_heading(markup)
    stated = clean_line((jsonld.string(markup.article.get("headline")) if markup.article else None) or "")
    if is_site_name(stated, names):
        stated = ""
    meta = _meta_title(markup, names, host)
    element = drop_site_name(markup.title, names, host)
    heading, support = _best_heading(markup, [stated, meta, element], names, host)
    without_name = drop_site_name(stated, names, host)
    titles = _Titles(markup, root, names, host, without_name, stated, meta, element, heading, support)
    if _is_outdated(titles):
        titles.stated = ""
    return titles


def _plain(titles: _Titles) -> Answer | None:
    """Take the shortest title whose words another holds in order with a few more between them."""
    given = {"jsonld": titles.jsonld, "meta": titles.meta, "h1": titles.heading if titles.support else ""}
    words = {place: _WORD.findall(text.casefold()) for place, text in given.items() if text and not _CUT.search(text)}
    for place in sorted(words, key=lambda one: len(words[one])):
        short = words[place]
        for long in words.values():
            if len(long) * PLAIN_SHARE <= len(short) < len(long) and _is_inside(short, long):
                return given[place], place
    return None


def _meta_like_element(titles: _Titles) -> Answer | None:
    """Take the meta title that the title element repeats, where nothing better is stated or shown."""
    if not titles.stated and titles.meta and titles.support < PART and letters(titles.meta) == letters(titles.element):
        return titles.meta, "meta"
    return None


def _stated_and_shown(titles: _Titles) -> Answer | None:
    """Take the h1 that the JSON-LD repeats."""
    if (
        _is_whole(titles.stated)
        and titles.heading
        and titles.support >= PART
        and letters(titles.stated) == letters(titles.heading)
    ):
        return _spaced(titles.heading, titles.stated), "h1"
    return None


def _stated(titles: _Titles) -> Answer | None:
    """Take the JSON-LD's headline, unless it is the beginning of the one that h1 and meta title agree on."""
    if not _is_whole(titles.stated):
        return None
    heading = letters(titles.heading)
    if heading and heading.startswith(letters(titles.stated)) and heading == letters(titles.meta):
        return None
    return titles.stated, "jsonld"


def _supported_heading(titles: _Titles) -> Answer | None:
    """Take the h1 with which another title agrees."""
    if not titles.support:
        return None
    heading = letters(titles.heading)
    twin = next((one for one in (titles.meta, titles.element) if letters(one) == heading), titles.heading)
    return _spaced(titles.heading, twin), "h1"


def _microdata(titles: _Titles) -> Answer | None:
    """Take the first element that is marked as headline, unless it disagrees with the meta title."""
    for element in titles.markup.props.get("headline", ())[:1]:
        text = clean_line((element.get("content") or text_of(element))[:LONGEST_TEXT])
        if _is_plausible(text) and (not titles.meta or _agreement(text, titles.meta)):
            return text, "microdata"
    return None


def _shown_elsewhere(titles: _Titles) -> Answer | None:
    """Take the headline that the page shows in another element than an h1, where its titles say more than it."""
    if titles.stated or titles.support or (titles.meta and letters(titles.meta) != letters(titles.element)):
        return None
    shown = shown_beginning(titles.root, titles.markup.title)
    own = letters(titles.markup.title)
    repeated = any(letters(_visible(heading)) == own for heading in titles.markup.headings[:MAX_H1])
    if shown is None and not (titles.heading or repeated) and not titles.markup.script.story.headline:
        shown = shown_below_section(titles.root, titles.markup.title, titles.names, titles.host)
    if shown is None or is_site_name(shown, titles.names, titles.host):
        return None
    return shown, "heading"


def _meta(titles: _Titles) -> Answer | None:
    """Take the meta title, unless it is cut off."""
    return (titles.meta, "meta") if titles.meta and not _CUT.search(titles.meta) else None


def _long_heading(titles: _Titles) -> Answer | None:
    """Take an h1 that is long enough to be no label."""
    shortest = SHORTEST_HAN_HEADING if is_han(titles.heading) else SHORTEST_HEADING
    return (titles.heading, "h1") if titles.heading and len(letters(titles.heading)) >= shortest else None


def _element(titles: _Titles) -> Answer | None:
    """Take the title element, with the site's name in it, unless that is all it holds."""
    if titles.element and not is_site_name(titles.element, titles.names, titles.host):
        return titles.markup.title, "title"
    return None


def _whatever_there_is(titles: _Titles) -> Answer | None:
    """Take any title at all."""
    if titles.heading:
        return titles.heading, "h1"
    return (titles.meta or titles.markup.title, "title") if titles.meta or titles.markup.title else None


_RULES: tuple[Callable[[_Titles], Answer | None], ...] = (
    _plain, _meta_like_element, _stated_and_shown, _stated, _supported_heading, _microdata, _shown_elsewhere, _meta,
    _long_heading, _element, _whatever_there_is,
)  # fmt: skip
"""Tried in this order; the first that answers is believed."""


def _site_heading(markup: Markup) -> list[str]:
    """Find the h1 that is the shorter end of the title element, if nothing else repeats it: the site's name on top."""
    pieces = pieces_of(markup.title)
    if len(pieces) < 2:
        return []
    last = letters(pieces[-1][1])
    og = letters(markup.first("og:title") or "")
    own = any(letters(_visible(element)) == last for element in markup.headings[:2])
    longer = sum(len(letters(text)) for _, text in pieces[:-1]) > len(last)
    return [pieces[-1][1].strip()] if own and longer and og != last else []


def _meta_title(markup: Markup, names: list[str], host: tuple[str, ...]) -> str:
    """Find the first meta title that is neither cut off nor the site's name."""
    for name in _TITLE_TAGS:
        if value := markup.first(name):
            text = drop_site_name(clean_line(jsonld.string(value) or ""), names, host)
            cut = name in _TITLE_TAGS_CUT_BY_QUOTES and len(text) < len(markup.title) and markup.title.startswith(text)
            if _is_plausible(text) and not cut and not is_site_name(text, names, host):
                return text
    return ""


def _best_heading(markup: Markup, others: list[str], names: list[str], host: tuple[str, ...]) -> tuple[str, int]:
    """Find the h1 that the page's other titles support most, and how far the closest of them agrees."""
    best, most = "", -1
    for element in markup.headings[:MAX_H1]:
        text = clean_line(_visible(element))
        if not _is_plausible(text) or is_site_name(text, names, host):
            continue
        text = _without_kicker(element, text, others)
        support = max((_agreement(text, other) for other in others), default=DIFFERENT)
        if support > most:
            best, most = text, support
    return best, max(most, DIFFERENT)


def _without_kicker(element: HtmlElement, text: str, others: list[str]) -> str:
    """Take the words that an element of its own puts before the headline off an h1, where another title lacks them."""
    whole = letters(text)
    for child in islice(element, MAX_KICKERS):
        before = letters(text_of(child))
        for other in others if before and whole.startswith(before) else ():
            if (own := letters(other)) and before + own == whole:
                return other
    return text


def _visible(element: HtmlElement) -> str:
    """Read the text of a heading; children that stand on their own line are set apart."""
    if not len(element):
        return (element.text or "")[:LONGEST_TEXT]
    parts = []
    for node in islice(element.iter(), MAX_HEADING_NODES):
        if node.tag in _APART and not _CLOSES.match(node.text or ""):
            parts.append(" ")
        if isinstance(node.tag, str) and node.tag not in _UNSEEN and node.text:
            parts.append(node.text)
        if node is not element and node.tail:
            if node.tag in _APART and _ENDS_WORD.search(node.text or "") and _BEGINS_WORD.match(node.tail):
                parts.append(" ")  # a kicker that only the layout sets apart
            parts.append(node.tail)
    return "".join(parts)[:LONGEST_TEXT]


def _agreement(text: str, other: str) -> int:
    """Tell how far two titles agree: `SAME`, `PART`, `ALIKE` or `DIFFERENT`."""
    a, b = letters(text), letters(other)
    if not a or not b:
        return DIFFERENT
    if a == b:
        return SAME
    short, long = sorted((a, b), key=len)
    if short in long and len(short) >= max(4, 0.3 * len(long)):
        return PART
    one, two = _words_or_pairs(text), _words_or_pairs(other)
    common = len(one & two)
    return ALIKE if common >= 2 and common >= 0.4 * min(len(one), len(two)) else DIFFERENT


def _is_outdated(titles: _Titles) -> bool:
    """Tell whether the JSON-LD's headline yields to another that h1 and meta title share.

    With the title element it is written for search engines. Alone it is the headline before it was changed, unless
    the page's address was made of the one that is shown.
    """
    claim = letters(titles.jsonld)
    shown = letters(titles.heading) if titles.support >= PART else ""
    if not (claim and shown and shown == letters(titles.meta) != claim):
        return False
    if letters(titles.element) == claim:
        return True
    url = titles.markup.url
    return _address_share(titles.heading, url) > max(ADDRESS_SHARE, _address_share(titles.jsonld, url))


def _is_inside(short: list[str], long: list[str]) -> bool:
    """Tell whether a list is part of another in order, but not in one piece: a kicker is not padding."""
    rest = iter(long)
    if not all(word in rest for word in short):
        return False
    return not any(long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1))


def _address_share(text: str, url: str) -> float:
    """Tell what share of a title's longer words the path of an address names; 0 for scripts it does not spell."""
    plain = text.casefold().translate(_address_spelling())
    plain = "".join(c for c in unicodedata.normalize("NFKD", cut_marks(plain)) if not unicodedata.combining(c))
    words = set(_LATIN.findall(plain))
    return len(words & set(_LATIN.findall(urlsplit(url).path.lower()))) / len(words) if words else 0.0


@cache
def _address_spelling() -> dict[int, str]:
    return str.maketrans(read_table("spelling.toml")["address"])


def _words_or_pairs(text: str) -> set[str]:
    """Split a title into its longer words, or into pairs of characters where Chinese ones carry it."""
    if is_han(text):
        bare = letters(text)
        return {bare[at : at + 2] for at in range(len(bare) - 1)}
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > 2}


def _spaced(heading: str, twin: str) -> str:
    """Choose the one of two equal titles whose words are apart: an h1 of several elements runs together."""
    return twin if len(twin.split()) > len(heading.split()) or "  " in heading else heading


def _is_plausible(text: str) -> bool:
    return bool(letters(text)) and len(text) <= LONGEST_HEADLINE


def _is_whole(text: str) -> bool:
    """Tell whether it may be a headline and is not cut off."""
    return bool(text) and not _CUT.search(text) and _is_plausible(text)
