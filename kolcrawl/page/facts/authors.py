"""Who wrote the story: structured data first, then meta, microdata and the visible byline.

The words are in `data/bylines.toml` and `data/class_words.toml`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.element_text import text_of
from kolcrawl.page.facts import jsonld
from kolcrawl.page.facts.meta import meta_names
from kolcrawl.page.html import PAGE_MARGINS
from kolcrawl.page.page import ACCOUNT
from kolcrawl.text.author_names import clean_name, is_agency, is_credited_otherwise, is_outlet, people_of, split_names
from kolcrawl.text.normalize import letters
from kolcrawl.text.scripts import CAPITALS, EAST_ASIAN_CHARACTER, HAN, HAN_STROKE, HANGUL, headline_width
from kolcrawl.text.tables import any_of, read_table
from kolcrawl.text.titles import is_own_name, is_site_name, pieces_of
from kolcrawl.urls.hosts import host_names, hostname_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.byline import Line
    from kolcrawl.page.facts.meta import Markup

MAX_LINES_BELOW_HEADLINE = 12  # below the headline that may be a byline and nothing else
LONGEST_BYLINE = 150  # characters of an element whose class calls it a byline
LONGEST_AUTHOR_LINE = 120  # characters of a line that may name authors
UNPRINTED_PLACES = ("jsonld", "meta", "script")  # of names
MAX_MARKED_AUTHORS = 6  # with the same mark that are read
MAX_BYLINES = 150  # elements called a byline that are looked at; lists of other stories have one in each entry
MAX_BYLINE_LINKS = 50  # links of one of them
MAX_NAME_NODES = 200  # elements in one with microdata among which the name is looked for
LEVELS_ABOVE_BYLINE = 5  # levels above one that may be the item of a list of stories
LONGEST_TEASER = 500  # characters of such an item, with white space
TEASER_WIDTH = 30  # characters of a link that may be a headline
SEARCHED_LEVELS_ABOVE_BYLINE = 6  # levels above a byline that are looked at for other stories
_WORD = rf"[{CAPITALS}][\w.'’-]*"
_SIGNATURE = re.compile(rf"^{_WORD}(?:\s{_WORD}){{1,3}}$")
_BYLINE_TAGS = frozenset(("span", "div", "p", "a", "li", "address", "strong", "em", "h4", "h5", "b", "i"))
_DIGIT = re.compile(r"\d")
_EXPRESSION = re.compile(r"^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$")  # of a script that was not run: BASE.name
_TOKEN = re.compile(r"^[a-z]+\d+$")  # an id, not a name


class _Statement(NamedTuple):
    """What one place says of the authors."""

    names: list[str]
    place: str
    """`jsonld`, `meta`, `microdata`, `script`, `byline` or `text`."""
    organization: bool = False
    """Whether the page says that they name one."""


class Authors(NamedTuple):
    """Who wrote the story."""

    names: list[str]
    place: str
    """Which answered: `jsonld`, `meta`, `microdata`, `script`, `byline`, `text`, or `account` for the account that
    published it, whose name need not look like one; empty where none did."""
    outlet: str | None = None
    """An outlet other than the site that stands for the author on a page where only people are taken for authors."""


def read_authors(
    document: Document,
    markup: Markup,
    headline: HtmlElement | None,
    lines: list[Line],
    text: str | None,
    outlets: list[str],
    lang: str | None,
) -> Authors:
    """Read the names of the authors.

    A place that only names the site itself or another organization yields to a later one that names somebody; an
    outlet stands as author only when nobody else does. On a Chinese page it never does: portals put their name, or
    that of the outlet they reprint, where the author's should stand.

    Args:
        document: the page.
        markup: what it says of itself.
        headline: the element that shows the headline.
        lines: of visible text about it.
        text: of the story.
        outlets: what the page calls its site.
        lang: of the story.
    """
    host = host_names(hostname_of(markup.url))
    texts = [line.text for line in lines]
    people_only = (lang or "").split("-")[0] == "zh"
    second = Authors([], "")
    outlet: str | None = None
    for stated in _statements(document, markup, headline, lines, outlets, lang):
        if stated.place == second.place == "byline":
            continue  # the story's own byline names the site; those behind it belong to teasers
        found = people_of(stated.names, outlets, lang)
        if not found:
            continue
        of_site = [name for name in found if is_site_name(name, outlets, host) or _opens_site_name(name, markup)]
        if people_only:
            outlet = outlet or next(
                (name for name in found if is_outlet(name) and not is_own_name(name, outlets, host)), None
            )
            found = [name for name in found if not is_outlet(name) and name not in of_site]
            if stated.place in UNPRINTED_PLACES:  # many systems fill in the editor
                found = [name for name in found if not is_credited_otherwise(name, document.outline.text)]
            of_site = []
        if found and not stated.organization and len(of_site) < len(found):
            persons = [name for name in found if not is_own_name(name, outlets, host)]
            names = persons if any(map(_SIGNATURE.match, persons)) else found
            return Authors(_in_full(names, texts), stated.place, outlet)
        if not people_only and not second.names:
            second = Authors(found, stated.place)
    if text and (signed := _signature(text)):
        return Authors(people_of([signed], outlets, lang), "text", outlet)
    return second if second.names else _last_resort(markup, texts, outlets, lang)._replace(outlet=outlet)


def _last_resort(markup: Markup, lines: list[str], outlets: list[str], lang: str | None) -> Authors:
    """Find a news agency's line, or the account that published the story."""
    agency = next((line for line in lines[:MAX_LINES_BELOW_HEADLINE] if is_agency(line)), None)
    if agency and (lang or "").split("-")[0] != "zh":
        return Authors([agency], "text")
    host = host_names(hostname_of(markup.url))
    account = markup.script.story.account
    if account and not _EXPRESSION.match(account) and not is_site_name(account, outlets, host):
        return Authors([account], ACCOUNT)
    return Authors([], "")


def _opens_site_name(name: str, markup: Markup) -> bool:
    """Tell whether a name in Han begins a medium's name at the end of the title element."""
    last = pieces_of(markup.title)[-1][1].strip()
    begins = bool(EAST_ASIAN_CHARACTER.search(name)) and letters(last).startswith(letters(name))
    return begins and last != markup.title.strip() and is_site_name(last, ())


def _in_full(stated: list[str], lines: list[str]) -> list[str]:
    """Find the whole name in a line below the headline where structured data give a first name; else `stated`."""
    if len(stated) == 1 and stated[0].isascii() and stated[0].isalpha():
        for line in lines[:MAX_LINES_BELOW_HEADLINE]:
            if line.startswith(stated[0] + " ") and _SIGNATURE.match(line):
                return [line]
    return stated


def _signature(text: str) -> str | None:
    """Read a last line below the text that is nothing but a name: some sites sign so."""
    return match.group() if "\n" in text and (match := _SIGNATURE.match(text.rsplit("\n", 1)[-1])) else None


def _statements(
    document: Document,
    markup: Markup,
    headline: HtmlElement | None,
    lines: list[Line],
    outlets: list[str],
    lang: str | None,
) -> Iterator[_Statement]:
    """Return what all places say, the most trusted first."""
    yield from _in_jsonld(markup)
    yield from _in_meta(markup, outlets)
    if elements := markup.props.get("author"):
        yield _Statement([_name_in(element) for element in elements[:MAX_MARKED_AUTHORS]], "microdata")
    if names := markup.script.story.authors:
        yield _Statement(names, "script")
    above = set(headline.iterancestors()) if headline is not None else set()
    yield from _in_bylines(document, above, lang)
    yield from _in_lines(lines, above)


def _in_jsonld(markup: Markup) -> Iterator[_Statement]:
    for key in ("author", "creator") if markup.article else ():
        if names := jsonld.people((markup.article or {}).get(key), markup.nodes):
            yield _Statement([name for name, _ in names], "jsonld", all(outlet for _, outlet in names))


def _in_meta(markup: Markup, outlets: list[str]) -> Iterator[_Statement]:
    for name in meta_names()["authors"]:
        if values := [value for value in markup.meta.get(name, ()) if "://" not in value and value[0] != "/"]:
            yield _Statement([_without_town(value, outlets) for value in values], "meta")


def _without_town(value: str, outlets: list[str]) -> str:
    """Keep the site's name alone where its town and country follow it."""
    first, *rest = value.split(",")
    return first if len(rest) > 1 and letters(first) in {letters(outlet) for outlet in outlets} else value


def _name_in(element: HtmlElement) -> str:
    """Read the name out of an element with microdata."""
    content = element.get("content")
    if content and not _TOKEN.match(content):
        return str(content)
    for inner in islice(element.iter(), MAX_NAME_NODES):
        if inner is not element and "name" in (inner.get("itemprop") or "").split():
            return str(inner.get("content") or text_of(inner))
    return text_of(element)


def _in_bylines(document: Document, above: set[HtmlElement], lang: str | None) -> Iterator[_Statement]:
    """Return the names in links marked rel=author and in elements whose class calls them a byline.

    Those of teasers are left out: their item of a list has the headline of its own story.
    """
    linked = islice(document.outline.links_marked("author"), MAX_BYLINES)
    own = [a for a in linked if not _is_outside(a) and not _is_teaser(a, above)]
    names = [text_of(a) for a in own[:MAX_MARKED_AUTHORS]]
    if any(clean_name(name) for name in names):
        yield _Statement(names, "byline")
    for element in islice(document.outline.named(_BYLINE_TAGS, _is_byline), MAX_BYLINES):
        if not _is_teaser(element, above):
            yield from _in_byline(element, lang)


def _is_teaser(element: HtmlElement, above: set[HtmlElement]) -> bool:
    """Tell whether a byline stands in a small part of the page with a link that is long enough for a headline."""
    own = letters(text_of(element))
    for level, up in enumerate(element.iterancestors()):
        if up in above or up.tag in ("body", "main") or level >= LEVELS_ABOVE_BYLINE or not above:
            return False
        if len(text_of(up, LONGEST_TEASER + 1)) > LONGEST_TEASER:
            return False
        texts = (" ".join(text_of(link).split()) for link in islice(up.iter("a"), MAX_MARKED_AUTHORS))
        others = (text for text in texts if own not in letters(text) and letters(text) not in own)
        if any(headline_width(text) >= TEASER_WIDTH for text in others):
            return True
    return False


def _in_byline(element: HtmlElement, lang: str | None) -> Iterator[_Statement]:
    text = text_of(element).strip()
    if not 2 <= len(text) <= LONGEST_BYLINE or _is_outside(element):
        return
    links = [text_of(a) for a in islice(element.iter("a"), MAX_BYLINE_LINKS)]
    if all(is_site_name(link, ()) for link in links):
        links = []
    for choice in (links, text.splitlines()[:4]):
        if names := [raw for raw in choice if _names_somebody(raw, lang)]:
            yield _Statement(names, "byline")
            return


def _names_somebody(raw: str, lang: str | None) -> bool:
    """Tell whether a byline holds a name, or several where it is too long for one; credits of outlets do not count."""
    if _patterns().credit.match(raw):
        return False
    names = split_names(raw, lang)
    return bool(names) and (clean_name(raw) is not None or (len(names) > 1 and not _DIGIT.search(raw)))


def _is_outside(element: HtmlElement) -> bool:
    """Tell whether an element stands in a part of the page that is about other stories."""
    outside = _patterns().outside
    for level, up in enumerate(element.iterancestors()):
        if level > SEARCHED_LEVELS_ABOVE_BYLINE or up.tag in ("article", "main", "body"):
            return False
        if up.tag in PAGE_MARGINS or outside.search(up.get("class") or ""):
            return True
    return False


def _in_lines(lines: list[Line], above: set[HtmlElement]) -> Iterator[_Statement]:
    """Return the names in visible lines: the first line for each way of printing them."""
    for pattern in _patterns().lines:
        for line in lines:
            match = pattern.search(line.text) if len(line.text) <= LONGEST_AUTHOR_LINE else None
            if match and not _is_teaser(line.element, above):
                yield _Statement([match["names"]], "text")
                break


class _Patterns(NamedTuple):
    lines: tuple[re.Pattern[str], ...]
    """Ways of printing authors in a line, each with the group `names`."""
    credit: re.Pattern[str]
    """The credit of an outlet."""
    byline: re.Pattern[str]
    """Class or id of a byline."""
    not_byline: re.Pattern[str]
    outside: re.Pattern[str]
    """Class of a part of the page that is about other stories."""


@cache
def _patterns() -> _Patterns:
    words = read_table("bylines.toml")["author"]
    classes = read_table("class_words.toml")["byline"]
    return _Patterns(
        _line_patterns(words),
        re.compile(rf"\s*(?:{any_of(words['credits'])})\s*:", re.IGNORECASE),
        re.compile(
            rf"(?:^|[\s_-])(?:{any_of(classes['words'])})(?:s?[\s_-]?(?:{any_of(classes['behind'])}))?(?:$|[\s_-])"
            rf"|{'|'.join(classes['pieces'])}",
            re.IGNORECASE,
        ),
        re.compile("|".join(classes["not"]), re.IGNORECASE),
        re.compile(any_of(classes["outside"]), re.IGNORECASE),
    )


def _line_patterns(words: dict[str, list[str]]) -> tuple[re.Pattern[str], ...]:
    name = rf"{_WORD}(?:\s(?:{_WORD}|{any_of(words['name_particles'])})){{0,4}}"
    han = f"[{HAN}]{{2,4}}"
    role = rf"(?:{any_of(words['reporter_kinds'])})?(?:{any_of(words['behind_reporter'])})"
    further = f"(?!{role}){han}"
    return (
        re.compile(
            rf"(?:^|[\s|｜（(【\[])(?:{any_of(words['labels'])})\s*[:：/／|｜{HAN_STROKE}]\s*"
            rf"(?P<names>[^\s:：|｜，,。；;)）】\]]{{2,20}}(?:[\s、]{han}(?=[\s、)）】]|$)){{0,3}})"
        ),
        re.compile(
            rf"(?:^|[\s|｜（(【\[{words['outlet_ends']}])(?:{any_of(words['reporter_kinds'])})?"
            rf"(?:{any_of(words['reporters'])})\s*[:：/／|｜{HAN_STROKE}]?\s*(?P<names>{han}(?:[\s、]{further}){{0,4}})"
            rf"(?=\s*(?:$|[)）】\]|｜/／，,。]|{role}))"
        ),
        re.compile(
            rf"^(?i:{any_of(words['line_labels'])})(?:\s?:)?\s+"
            rf"(?P<names>{name}(?:(?:\s?,(?:\s(?:{any_of(words['conjunctions'])}))?|\s(?:{any_of(words['conjunctions'])}))\s{name}){{0,3}})\s*(?:,|\||•|$)"
        ),
        re.compile(rf"^(?P<names>{_WORD}\s{name})\s*[|•·]\s*(?=\D{{0,20}}\d{{1,4}}[-./ ])"),
        re.compile(
            rf"(?:^|[\d.:|/·(\[]\s*)(?P<names>[{HANGUL}]{{2,4}})\s?(?:{any_of(words['titles_behind'])})(?:\s|$|=|[)\]])"
        ),
    )


@lru_cache(maxsize=20_000)
def _is_byline(words: str) -> bool:
    patterns = _patterns()
    return bool(patterns.byline.search(words)) and not patterns.not_byline.search(words)
