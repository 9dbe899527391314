"""Is it a story? Told so that a real article is almost never turned away: several signs must agree.

Fronts, tag and author pages, galleries and error pages are `no_article`; walls of logins, payments and consent with
nothing behind them `paywall` (an article cut short by one is still a story); checks for bots `blocked`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kolcrawl.page.facts import jsonld
from kolcrawl.page.facts.headline import site_names
from kolcrawl.text.normalize import clean_line
from kolcrawl.text.scripts import prose_weight
from kolcrawl.text.tables import read_table
from kolcrawl.text.titles import is_site_name

if TYPE_CHECKING:
    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup
    from kolcrawl.page.page import StoryFacts

# Weights of text: an East Asian character counts three.
NOTICE = 900  # at most, of a page that is a wall, a check or an error
STUB = 240  # below it a text is no proof of an article
PARAGRAPH = 150  # at least, of a paragraph that reads like an article's
CAPTIONS = 450  # at most, of a gallery without a story
HEADLINE = 30  # at least, of a link that is a headline
MANY_LINKS = 60  # of a front, at least

_ARTICLE_TYPES = re.compile(r"Article|BlogPosting|Report|Review$")
_LIST_TYPES = re.compile(r"^(?:CollectionPage|SearchResultsPage|ProfilePage|ItemList|ImageGallery|MediaGallery)$")
_STOP = re.compile(r"[.!?。！？…”」』\"）)]$")


@cache
def _words() -> dict[str, list[str]]:
    return read_table("no_story.toml")


def why_no_story(document: Document, markup: Markup, story: StoryFacts) -> str | None:
    """None for an article, else `no_article`, `paywall` or `blocked`.

    Args:
        document: the page.
        markup: what it says of itself.
        story: what was read off it, text included.
    """
    text = story.text or ""
    size = prose_weight(text)
    paragraphs = [line for line in text.split("\n") if prose_weight(line) >= PARAGRAPH and _STOP.search(line)]
    marked = markup.article is not None and any(_ARTICLE_TYPES.search(kind) for kind in jsonld.types_of(markup.article))
    if size < NOTICE and len(paragraphs) < 2 and (reason := _notice(markup, text, size, marked)):
        return reason
    if not text:
        return "no_article"
    if size < CAPTIONS and len(paragraphs) < 2 and _is_gallery(markup, story):
        return "no_article"
    if marked:
        return None
    for_it = (
        (2 if len(paragraphs) >= 2 else 1 if paragraphs else 0)
        + (markup.first("og:type") or "").lower().startswith("article")
        + (story.published_at is not None and story.sources.get("published_at") not in ("url", "class", "modified"))
        + bool(story.authors)
        + (size >= 4 * STUB)
    )
    in_list = _is_list_address(document.url)
    if (
        in_list
        and not (markup.first("og:type") or "").lower().startswith("article")
        and _mostly_headlines(document, paragraphs)
    ):
        return "no_article"
    against = in_list + _against(document, markup, story, size)
    return "no_article" if against >= 2 and for_it <= against - 1 else None


def _notice(markup: Markup, text: str, size: int, marked: bool) -> str | None:
    """The reason when title, headings or a short text say that the page is a wall, a check or an error."""
    heads = [markup.title, *(element.text_content() for element in markup.headings[:3])]
    said = [clean_line(head).lower() for head in heads if head]
    brief = text.lower() if size < NOTICE / 2 else ""
    for reason, key in (("blocked", "blocked"), ("no_article", "missing"), ("paywall", "paywall")):
        for words in _words()[key]:
            # A headline may quote such words; a notice says nothing else.
            if any(words in head and len(head) <= 3 * len(words) + 30 for head in said) and not (
                marked and size > STUB
            ):
                return reason
            if brief and len(words) >= 4 and words in brief and not marked and size < STUB + 3 * prose_weight(words):
                return reason
    return None


def _is_gallery(markup: Markup, story: StoryFacts) -> bool:
    if any(kind.endswith("Gallery") for node in markup.nodes for kind in jsonld.types_of(node)):
        return True
    title = f"{story.title or ''} {markup.title}".lower()
    return any(words in title for words in _words()["gallery"])


def _is_list_address(url: str) -> bool:
    parts = [part.lower() for part in urlsplit(url).path.split("/") if part]
    if any(part in _words()["lists"] for part in parts[:-1]):
        return True
    return bool(parts) and re.fullmatch(r"(?:list|index)[_-]?\d*(?:\.s?html?)?", parts[-1]) is not None


def _mostly_headlines(document: Document, paragraphs: list[str]) -> bool:
    """Tell whether links as long as headlines outweigh the paragraphs."""
    links = [prose_weight(clean_line(element.text_content())) for element in document.root.iter("a")]
    headlines = [size for size in links if size >= HEADLINE]
    return len(headlines) >= 12 and sum(headlines) > sum(prose_weight(line) for line in paragraphs)


def _against(document: Document, markup: Markup, story: StoryFacts, size: int) -> int:
    """How many signs say that the page is a list or a front."""
    path = urlsplit(document.url).path
    parts = [part.lower() for part in path.split("/") if part]
    kinds = {kind for node in markup.nodes for kind in jsonld.types_of(node)}
    links = sum(1 for _ in document.root.iter("a"))
    prose_per_link = size / links if links else size
    signs = (
        not parts or (len(parts) == 1 and re.fullmatch(r"(?:index|default|home)(?:\.\w+)?", parts[0]) is not None),
        any(_LIST_TYPES.match(kind) for kind in kinds) and not any(_ARTICLE_TYPES.search(kind) for kind in kinds),
        (markup.first("og:type") or "").lower() in ("website", "profile"),
        links >= MANY_LINKS and prose_per_link < 6,
        size < STUB,
        story.title is None or is_site_name(story.title, site_names(markup), urlsplit(document.url).hostname or ""),
    )
    return sum(signs) + signs[0]  # the root of a site is hardly ever a story
