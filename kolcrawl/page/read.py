"""Read a page: the one entry point for all who do."""

from __future__ import annotations

import gc
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kolcrawl.errors import PageError
from kolcrawl.page.document import parse_document
from kolcrawl.page.facts.story_facts import read_facts
from kolcrawl.page.page import Page
from kolcrawl.page.related.find_links import find_links
from kolcrawl.page.site_rules import NO_RULES, SiteRules
from kolcrawl.text.normalize import letters, pair_surrogates
from kolcrawl.urls.targets import is_too_long

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from kolcrawl.page.page import PageLink, StoryFacts
    from kolcrawl.page.related.site_memory import SiteMemory

LONGEST_CALLOUT = 300  # characters of a line that may be one


def read_page(
    body: bytes,
    url: str,
    headers: Mapping[str, str] | None = None,
    rules: SiteRules = NO_RULES,
    *,
    now: datetime | None = None,
    memory: SiteMemory | None = None,
) -> Page:
    """Read a page: what its story says and which stories it links to.

    Args:
        body: bytes of the page, after content decoding.
        url: absolute URL it was fetched from.
        headers: response headers, names in lower case.
        rules: what is known of the site.
        now: when it was fetched (aware), for relative dates; the present when left out.
        memory: what earlier pages of the crawl taught about the site's blocks.

    Raises:
        PageError: the page cannot be read at all; its `reason` is a stable code. Nothing else is raised: a page on
            which the reader itself fails is `unreadable`, with the traceback in `trace`.
    """
    try:
        with _paused_collection():
            return _read(body, url, headers, rules, now, memory)
    except PageError:
        raise
    except Exception as error:  # any: pages are stranger than we foresee, and none may take its crawl or visit with it
        what = f"{url}: the reader fails on this page ({type(error).__name__}); please report it"
        raise PageError("unreadable", what, traceback.format_exc()) from error


@contextmanager
def _paused_collection() -> Iterator[None]:
    """Keep Python from looking for reference cycles.

    A reading makes thousands of objects that all live to its end and are freed then, without cycles: to go through
    them in between is in vain, and takes a twentieth of a first reading at Python's own thresholds.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read(
    body: bytes,
    url: str,
    headers: Mapping[str, str] | None,
    rules: SiteRules,
    now: datetime | None,
    memory: SiteMemory | None,
) -> Page:
    document = parse_document(body, url, headers)
    page = Page(url=url, encoding=document.encoding)
    headline = read_facts(document, page, rules, now)
    page.links = find_links(document, page, rules, memory, headline)
    if memory is not None:
        page.lessons = memory.take_lessons()
        page.corrections, page.may_be_corrected = memory.take_corrections()
        for link in (link for correction in page.corrections for link in correction.links):
            _replace_surrogates(link)
    page.long_links = len(set(filter(is_too_long, document.outline.hrefs)))
    if page.story.text:
        page.story.text = _without_callouts(page.story.text, page.links)
    if not _is_encodable(page):
        _replace_surrogates(page)
        _replace_surrogates(page.story)
        for link in page.links:
            _replace_surrogates(link)
    return page


def _is_encodable(page: Page) -> bool:
    """Tell whether UTF-8 holds all texts of a page; databases and files take no others."""
    story = page.story
    texts = [page.canonical, page.og_url, story.title, story.site_name, story.origin, story.text]
    texts.append(story.published["raw"] if story.published else None)
    texts += story.authors
    texts += story.tags
    for link in page.links:
        texts += (link.url, link.heading, link.anchor, link.wrapper)
    try:
        "".join(filter(None, texts)).encode()
    except UnicodeEncodeError:
        return False
    return True


def _replace_surrogates(part: Page | StoryFacts | PageLink) -> None:
    """Write U+FFFD for the lone surrogates that a reader let through."""
    for name in part.__slots__:
        value = getattr(part, name)
        if isinstance(value, str):
            setattr(part, name, pair_surrogates(value))
        elif isinstance(value, list) and value and isinstance(value[0], str):
            value[:] = map(pair_surrogates, value)
        elif isinstance(value, dict):
            value.update({key: pair_surrogates(text) for key, text in value.items()})


def _without_callouts(text: str, links: list[PageLink]) -> str:
    """Drop the lines that are nothing but a read-also callout: they are links, and kept as such."""
    printed = [(link.heading or "") + link.anchor for link in links if link.kind == "related"]
    callouts = {letters(words) for words in printed}
    longest = min(LONGEST_CALLOUT, 2 * max(map(len, printed), default=0))  # marks between the words count, too
    lines = text.split("\n")
    return "\n".join(line for line in lines if len(line) > longest or letters(line) not in callouts)
