"""Why a page is no story, where it is none; several signs must agree, so that hardly an article is turned away.

Fronts, tag and author pages and galleries are `no_article`; walls of logins, payments and consent with nothing behind
them `paywall` (an article cut short by one is still a story); checks for bots `blocked`. The words are in
`data/no_story.toml`. Notices in a story's place have kinds of their own (`notices`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kolcrawl.page.element_text import text_of
from kolcrawl.page.facts import jsonld
from kolcrawl.page.facts.headline import site_names
from kolcrawl.page.verdict.notices import MAX_LONG, NoticePage, notice_kind
from kolcrawl.page.verdict.teaser_list import is_teaser_list
from kolcrawl.text.normalize import clean_line
from kolcrawl.text.scripts import prose_weight
from kolcrawl.text.tables import read_table
from kolcrawl.text.titles import is_site_name
from kolcrawl.urls.hosts import host_names, hostname_of

if TYPE_CHECKING:
    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup
    from kolcrawl.page.page import StoryFacts

# Weights of text, of which an East Asian character has three.
NOTICE_WEIGHT = 900  # at most, of a page that is a wall, a check or an error
STUB_WEIGHT = 240  # below it a text is no proof of an article
PARAGRAPH_WEIGHT = 150  # at least, of a paragraph that reads like an article's
CAPTIONS_WEIGHT = 450  # at most, of a gallery without a story
HEADLINE_WEIGHT = 30  # at least, of a link that is a headline
FRONT_LINKS = 60  # at least, of a front
FRONT_WEIGHT_PER_LINK = 6  # of text, at most
MAX_WEIGHED_LINKS = 3_000
LONGEST_LINK = 500  # characters of a link that are weighed
LIST_HEADLINES = 12  # links, at least, that make a list of headlines

WALL_NAME = ".{0,24}?"  # of a site or an app, among the words of a wall

_ARTICLE_TYPES = re.compile(r"Article|BlogPosting|Report|Review$")
_LIST_TYPES = re.compile(r"^(?:CollectionPage|SearchResultsPage|ProfilePage|ItemList|ImageGallery|MediaGallery)$")
_FULL_STOP = re.compile(r"[.!?。！？…”」』\"）)]$")
_LIST_NAME = re.compile(r"(?:list|index)[_-]?\d*(?:\.s?html?)?")
_FRONT_NAME = re.compile(r"(?:index|default|home)(?:\.\w+)?")
_WALLS = ("blocked", "paywall")
"""Reasons, and names of the tables of their words, in the order in which they are looked for."""


@cache
def _words() -> dict[str, list[str]]:
    return read_table("no_story.toml")


@cache
def _wall_patterns() -> list[tuple[str, re.Pattern[str], int]]:
    """List reason, pattern and length of each wall's words; `…` in them stands for a name."""
    return [
        (reason, re.compile(re.escape(words).replace("…", WALL_NAME)), len(words))
        for reason in _WALLS
        for words in _words()[reason]
    ]


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What was read off the page, and what follows from it."""

    document: Document
    markup: Markup
    story: StoryFacts
    text: str
    weight: int
    paragraphs: list[str]
    """Those that read like an article's."""
    marked: bool
    """Whether the page says that it is an article."""

    @property
    def og_type(self) -> str:
        """Of OpenGraph, in lower case."""
        return (self.markup.first("og:type") or "").lower()

    @property
    def dated(self) -> bool:
        """Whether the page prints when it was published."""
        story = self.story
        return story.published_at is not None and story.sources.get("published_at") not in ("url", "class", "modified")

    @property
    def heads(self) -> list[str]:
        """Title and first headings."""
        return [self.markup.title, *(text_of(heading) for heading in self.markup.headings[:3])]


def why_no_story(document: Document, markup: Markup, story: StoryFacts) -> str | None:
    """Tell why a page is no story.

    Args:
        document: the page.
        markup: what it says of itself.
        story: what was read off it, text included.

    Returns: None for an article, else `no_article`, `paywall`, `blocked` or a kind of notice.
    """
    text = story.text or ""
    paragraphs = prose_paragraphs(text)
    marked = any(_ARTICLE_TYPES.search(kind) for kind in jsonld.types_of(markup.article or {}))
    page = _Evidence(document, markup, story, text, prose_weight(text), paragraphs, marked)
    few = len(paragraphs) < 2
    short = page.weight < NOTICE_WEIGHT and few
    signed = page.dated or bool(story.authors)
    if (short or not (signed or marked or page.weight > MAX_LONG)) and (reason := _wall(page, short=short)):
        return reason
    if kind := notice_kind(NoticePage(page.heads, text, len(paragraphs), marked, signed)):
        return kind
    if not text or (page.weight < CAPTIONS_WEIGHT and few and _is_gallery(page)):
        return "no_article"
    return None if marked or not _is_list(page) else "no_article"


def prose_paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text that read like an article's."""
    return [line for line in text.split("\n") if prose_weight(line) >= PARAGRAPH_WEIGHT and _FULL_STOP.search(line)]


def _wall(page: _Evidence, *, short: bool) -> str | None:
    """Return the reason when title, headings or a short text say that the page is a wall or a check."""
    titles = (
        [clean_line(head).lower() for head in page.heads if head]
        if not page.marked or page.weight <= STUB_WEIGHT
        else []
    )
    brief = page.text.lower() if page.weight < NOTICE_WEIGHT / 2 and not page.marked else ""
    for reason, words, length in _wall_patterns():
        # A headline may quote such words; a wall says nothing else.
        longest = 3 * length + 30 if short else 2 * length + 8
        if any(len(title) <= longest and words.search(title) for title in titles):
            return reason
        if brief and length >= 4 and (found := words.search(brief)):
            most = STUB_WEIGHT + 3 * prose_weight(found[0])
            if page.weight < most:
                return reason
    return None


def _is_gallery(page: _Evidence) -> bool:
    if any(kind.endswith("Gallery") for node in page.markup.nodes for kind in jsonld.types_of(node)):
        return True
    title = f"{page.story.title or ''} {page.markup.title}".lower()
    return any(words in title for words in _words()["gallery"])


def _is_list(page: _Evidence) -> bool:
    """Tell whether more signs say that the page is a list or a front than that it is an article."""
    in_list = _is_list_address(page.document.url)
    if in_list and not page.og_type.startswith("article") and _is_mostly_headlines(page):
        return True
    if not (page.og_type.startswith("article") or page.story.authors) and is_teaser_list(page.document, page.text):
        return True
    against = in_list + _signs_against(page)
    return against >= 2 and _signs_for(page) < against


def _is_list_address(url: str) -> bool:
    parts = _path_parts(url)
    if any(part in _words()["lists"] for part in parts[:-1]):
        return True
    return bool(parts) and _LIST_NAME.fullmatch(parts[-1]) is not None


def _is_front_address(url: str) -> bool:
    parts = _path_parts(url)
    return not parts or (len(parts) == 1 and _FRONT_NAME.fullmatch(parts[0]) is not None)


def _path_parts(url: str) -> list[str]:
    return [part.lower() for part in urlsplit(url).path.split("/") if part]


def _is_mostly_headlines(page: _Evidence) -> bool:
    """Tell whether links as long as headlines outweigh the paragraphs."""
    links = islice(page.document.root.iter("a"), MAX_WEIGHED_LINKS)
    weights = [prose_weight(clean_line(text_of(link, LONGEST_LINK))) for link in links]
    headlines = [weight for weight in weights if weight >= HEADLINE_WEIGHT]
    return len(headlines) >= LIST_HEADLINES and sum(headlines) > sum(map(prose_weight, page.paragraphs))


def _signs_for(page: _Evidence) -> int:
    """Count the signs that the page is an article."""
    story = page.story
    return (
        min(2, len(page.paragraphs))
        + page.og_type.startswith("article")
        + page.dated
        + bool(story.authors)
        + (page.weight >= 4 * STUB_WEIGHT)
    )


def _signs_against(page: _Evidence) -> int:
    """Count the signs that the page is a list or a front."""
    url, title = page.document.url, page.story.title
    kinds = {kind for node in page.markup.nodes for kind in jsonld.types_of(node)}
    links = page.document.outline.tags.count("a")
    front = _is_front_address(url)
    return (
        2 * front  # the root of a site is hardly ever a story
        + (any(map(_LIST_TYPES.match, kinds)) and not any(map(_ARTICLE_TYPES.search, kinds)))
        + (page.og_type in ("website", "profile"))
        + (links >= FRONT_LINKS and page.weight < FRONT_WEIGHT_PER_LINK * links)
        + (page.weight < STUB_WEIGHT)
        + (title is None or is_site_name(title, site_names(page.markup), host_names(hostname_of(url))))
    )
