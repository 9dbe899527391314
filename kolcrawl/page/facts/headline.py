"""The story's headline: what the visible heading, the structured data and the titles agree on."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kolcrawl.page.facts import jsonld
from kolcrawl.text.normalize import clean_line, letters
from kolcrawl.text.scripts import EAST_ASIAN, is_han
from kolcrawl.text.titles import drop_site_name, is_site_name, pieces_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.page.facts.meta import Markup

MAX_HEADINGS = 8  # pages with more h1 are lists
LONGEST = 400  # characters; more is not a headline
IN_ADDRESS = 0.8  # share of a headline's words in an address that was made of it
MOST_KEPT = 2 / 3  # of a padded headline's words are in the plain one, at least
_CUT = re.compile(r"(?:\.\.\.|…)\s*$")
_WORD = re.compile(rf"[{EAST_ASIAN}]|\w+")  # East Asian words stand unspaced: by character
_LATIN = re.compile(r"[a-z]{4,}")
_UMLAUTS = {ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("å"): "aa", ord("ø"): "oe"}


def site_names(markup: Markup) -> list[str]:
    """What the page calls its site, best source first."""
    names = [markup.first("og:site_name"), markup.first("application-name", "apple-mobile-web-app-title")]
    if markup.article:
        publisher = markup.article.get("publisher")
        names.append(jsonld.string(publisher))
    names += [jsonld.string(node.get("name")) for node in markup.nodes if "WebSite" in jsonld.types_of(node)]
    return [name for name in dict.fromkeys(clean_line(name) for name in names if name) if 1 < len(name) <= 80]


def read_headline(markup: Markup) -> tuple[str | None, str]:
    """The headline as the page gives it, and which part answered: `h1`, `jsonld`, `meta`, `microdata` or `title`.

    An h1 is believed when another title of the page agrees with it, because many sites put their name, a menu or
    a login box into one. Where the structured headline and the h1 both are plausible and differ, the structured
    one is taken: the h1 is then often a variant for the front page or a test. Only the title element still
    carries the site's name afterwards; `kolcrawl.story.clean` drops it. Of two that differ by a few words inside, the
    one without them is the headline as written: editors and plugins put keywords in for search engines.
    """
    names = site_names(markup)
    host = urlsplit(markup.url).hostname or ""
    names += _site_heading(markup)
    stated = jsonld.string(markup.article.get("headline")) if markup.article else None
    stated = clean_line(stated) if stated else ""
    if stated and is_site_name(stated, names):
        stated = ""
    og = _meta_title(markup, names, host)
    bare = drop_site_name(markup.title, names, host)
    heading, support = _best_heading(markup, [stated, og, bare], names, host)
    claim = drop_site_name(stated, names, host)
    if plain := _unpadded({"jsonld": claim, "meta": og, "h1": heading if support else ""}):
        return plain
    visible = letters(heading) if support >= 2 else ""
    if claim and visible and visible == letters(og) != letters(claim) and _outdated(claim, heading, bare, markup):
        stated = ""
    if not stated and og and support < 2 and letters(og) == letters(bare):
        return og, "meta"
    if stated and not _CUT.search(stated) and _plausible(stated):
        if heading and support >= 2 and letters(stated) == letters(heading):
            return _spaced(heading, stated), "h1"
        if not (heading and letters(heading).startswith(letters(stated)) and letters(heading) == letters(og)):
            return stated, "jsonld"
    if heading and support:
        twin = next((ref for ref in (og, bare) if letters(ref) == letters(heading)), heading)
        return _spaced(heading, twin), "h1"
    for element in markup.props.get("headline", ())[:1]:
        text = clean_line(element.get("content") or element.text_content())
        if _plausible(text) and (not og or _agreement(text, og)):
            return text, "microdata"
    if og and not _CUT.search(og):
        return og, "meta"
    if heading and len(letters(heading)) >= (4 if is_han(heading) else 10):
        return heading, "h1"
    if bare and not is_site_name(bare, names, host):
        return markup.title, "title"
    return (heading or og or markup.title or None), "h1" if heading else "title"


def _site_heading(markup: Markup) -> list[str]:
    """The h1 that is the shorter end of the title element, if nothing else repeats it: the site's name on top."""
    pieces = pieces_of(markup.title)
    if len(pieces) < 2:
        return []
    last = letters(pieces[-1][1])
    og = letters(markup.first("og:title") or "")
    own = any(letters(_visible(element)) == last for element in markup.headings[:2])
    longer = sum(len(letters(text)) for _, text in pieces[:-1]) > len(last)
    return [pieces[-1][1].strip()] if own and longer and og != last else []


def _meta_title(markup: Markup, names: list[str], host: str) -> str:
    for name in ("og:title", "twitter:title", "sailthru.title", "parsely-title", "dc.title", "title"):
        if value := markup.first(name):
            text = drop_site_name(clean_line(jsonld.string(value) or ""), names, host)
            # A quotation mark in the value ends it early.
            cut = name in ("dc.title", "title") and len(text) < len(markup.title) and markup.title.startswith(text)
            if _plausible(text) and not cut and not is_site_name(text, names, host):
                return text
    return ""


def _best_heading(markup: Markup, others: list[str], names: list[str], host: str) -> tuple[str, int]:
    """The h1 that the page's other titles support most, and by how much (0 when nothing supports it)."""
    best, most = "", -1
    for element in markup.headings[:MAX_HEADINGS]:
        text = clean_line(_visible(element))
        if not _plausible(text) or is_site_name(text, names, host):
            continue
        support = max((_agreement(text, other) for other in others), default=0)
        if support > most:
            best, most = text, support
    return best, max(most, 0)


def _visible(element: HtmlElement) -> str:
    """Text of a heading; children that stand on their own line are set apart."""
    if not len(element):
        return element.text or ""
    parts = []
    for node in element.iter():
        if node.tag in ("br", "span", "div", "p", "a", "strong", "small"):
            parts.append(" ")
        if isinstance(node.tag, str) and node.tag not in ("script", "style", "svg", "title") and node.text:
            parts.append(node.text)
        if node is not element and node.tail:
            parts.append(node.tail)
    return "".join(parts)


def _agreement(text: str, other: str) -> int:
    """3: the same letters; 2: one holds the other; 1: they share most of their words; 0: different."""
    a, b = letters(text), letters(other)
    if not a or not b:
        return 0
    if a == b:
        return 3
    short, long = sorted((a, b), key=len)
    if short in long and len(short) >= max(4, 0.3 * len(long)):
        return 2
    one, two = _grams(text), _grams(other)
    return 1 if one and two and len(one & two) >= 0.4 * min(len(one), len(two)) and len(one & two) >= 2 else 0


def _outdated(claim: str, heading: str, bare: str, markup: Markup) -> bool:
    """Whether the JSON-LD's headline yields to another that the page shows and shares.

    With the title element it is written for search engines. Alone it is the headline before it was changed, unless
    the page's address was made of the one that is shown.
    """
    if letters(bare) == letters(claim):
        return True
    return _in_address(heading, markup.url) > max(IN_ADDRESS, _in_address(claim, markup.url))


def _unpadded(titles: dict[str, str]) -> tuple[str, str] | None:
    """The shortest title whose words another holds in order with a few more between them, and its place."""
    words = {place: _WORD.findall(text.casefold()) for place, text in titles.items() if text and not _CUT.search(text)}
    for place in sorted(words, key=lambda one: len(words[one])):
        short = words[place]
        for long in words.values():
            if len(long) * MOST_KEPT <= len(short) < len(long) and _inside(short, long):
                return titles[place], place
    return None


def _inside(short: list[str], long: list[str]) -> bool:
    """Whether a list is part of another in order, but not in one piece: a kicker before a headline is no padding."""
    rest = iter(long)
    if not all(word in rest for word in short):
        return False
    return not any(long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1))


def _in_address(text: str, url: str) -> float:
    """Share of a title's longer words that the path of an address names; 0 for scripts that addresses do not spell."""
    plain = text.casefold().translate(_UMLAUTS)
    plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    words = set(_LATIN.findall(plain))
    return len(words & set(_LATIN.findall(urlsplit(url).path.lower()))) / len(words) if words else 0.0


def _grams(text: str) -> set[str]:
    if is_han(text):
        said = letters(text)
        return {said[i : i + 2] for i in range(len(said) - 1)}
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > 2}


def _spaced(heading: str, twin: str) -> str:
    """Of two titles with the same letters the one whose words are apart: an h1 of several elements runs together."""
    return twin if len(twin.split()) > len(heading.split()) or "  " in heading else heading


def _plausible(text: str) -> bool:
    return bool(letters(text)) and len(text) <= LONGEST
