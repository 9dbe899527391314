"""The headline where a page shows it in no h1: in a lower heading, or in an element that its class calls a title."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from kolcrawl.page.element_text import text_of
from kolcrawl.text.normalize import clean_line, letters
from kolcrawl.text.scripts import is_han
from kolcrawl.text.tables import any_of, read_table
from kolcrawl.text.titles import is_site_name, pieces_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.html import HtmlElement

MAX_TITLE_PLACES = 300  # elements that are looked at
MAX_SECTION_LINKS = 400  # links of the page, whose texts are its sections
LONGEST_SHOWN = 200  # characters
LEAST_SHARE = 0.5  # of the title's letters, that the headline has at its beginning
SHORTEST_LETTERS, SHORTEST_HAN = 12, 5  # of a headline
LONGEST_SECTION = 8  # letters of a section's name in Han; others have twice as many
_HEADINGS = ("h2", "h3", "h4", "h5")
_HOLDERS = ("div", "p", "span", "strong", "b", "td", "font", "dt")
_CALLED = re.compile(
    rf"(?:^|[\s_-])(?:{any_of(read_table('class_words.toml')['title']['words'])})(?:$|[\s_-])", re.IGNORECASE
)


def shown_beginning(root: HtmlElement, title: str) -> str | None:
    """Find the headline that is the beginning, or a whole piece, of a title with the site's name or sections in it.

    Args:
        root: of the page.
        title: its title element.

    Returns: the longest such text that the page shows; None where it shows none.
    """
    whole = letters(title)
    pieces = {letters(text) for _, text in pieces_of(title)}
    best = ""
    for text in _shown(root):
        own = letters(text)
        if len(own) > len(letters(best)) and _is_long(text) and (_begins(whole, own) or own in pieces):
            best = text
    return best or None


def _begins(whole: str, own: str) -> bool:
    return whole.startswith(own) and len(own) >= LEAST_SHARE * len(whole)


def shown_below_section(
    root: HtmlElement, title: str, sites: Sequence[str] = (), host: Sequence[str] = ()
) -> str | None:
    """Find the headline of a page whose title element names a section of the site, or the site, and nothing else.

    Args:
        root: of the page.
        title: its title element.
        sites: what the page calls its site.
        host: what the site is called after its host (`kolcrawl.urls.hosts.host_names`).

    Returns: the first heading that is neither the section nor a link; None where the title is more than a section.
    """
    names = [letters(text) for _, text in pieces_of(title) if not is_site_name(text, sites, host)]
    if not names:
        return _first_heading(root, sites, host)
    if len(names) != 1 or len(names[0]) > LONGEST_SECTION * (1 if is_han(title) else 2):
        return None
    section = names[0]
    if not any(letters(text_of(link)) == section for link in islice(root.iter("a"), MAX_SECTION_LINKS)):
        return None
    for element in islice(root.iter(*_HEADINGS), MAX_TITLE_PLACES):
        text = clean_line(text_of(element))
        if section not in letters(text) and _is_long(text) and element.find(".//a") is None:
            return text if len(text) <= LONGEST_SHOWN else None
    return None


def _first_heading(root: HtmlElement, sites: Sequence[str], host: Sequence[str]) -> str | None:
    """Find the first heading, of the page that says no more in its titles than the name of its site."""
    for element in islice(root.iter(*_HEADINGS), MAX_TITLE_PLACES):
        text = clean_line(text_of(element))
        if _is_long(text) and not is_site_name(text, sites, host) and element.find(".//a") is None:
            return text if len(text) <= LONGEST_SHOWN else None
    return None


def _shown(root: HtmlElement) -> Iterator[str]:
    """Return the texts of headings, and of small elements that their class calls a title."""
    for element in islice(root.iter(*_HEADINGS), MAX_TITLE_PLACES):
        yield _short_text(element)
    places = root.iter(*_HOLDERS)
    called = (place for place in places if _is_called_title(f"{place.get('class') or ''} {place.get('id') or ''}"))
    for element in islice(called, MAX_TITLE_PLACES):
        yield _short_text(element)


@lru_cache(maxsize=20_000)  # a site's templates use the same thousand names on every page
def _is_called_title(names: str) -> bool:
    return _CALLED.search(names) is not None


def _short_text(element: HtmlElement) -> str:
    text = clean_line(text_of(element))
    return text if len(text) <= LONGEST_SHOWN else ""


def _is_long(text: str) -> bool:
    return len(letters(text)) >= (SHORTEST_HAN if is_han(text) else SHORTEST_LETTERS)
