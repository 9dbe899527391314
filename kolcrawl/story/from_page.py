"""From a page as read to the story item that is stored. Pure: serves the crawl, `scrapy extract` and benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.errors import UrlError
from kolcrawl.items import LinkItem, StoryItem
from kolcrawl.urls import believed_canonical, canonical_url, site_of, story_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from kolcrawl.page import Page


def story_from_page(
    page: Page, *, requested_url: str, visited_at: datetime, also_seen: Sequence[str] = ()
) -> StoryItem:
    """Make the item of a page that was read.

    Args:
        page: the page; `page.url` is where it was finally found.
        requested_url: the URL that was asked for, before redirects.
        visited_at: when, aware.
        also_seen: further URLs that led here (redirects in between).

    Returns: an item of outcome `fetched`, or `failed` with `page.no_story` as its reason.
    """
    url = believed_canonical(page.url, page.canonical, page.og_url)
    key = story_key(url)
    facts = page.story
    aliases = [other for other in dict.fromkeys((requested_url, *also_seen, page.url)) if other != url]
    return StoryItem(
        key=key,
        url=url,
        requested_url=requested_url,
        site=site_of(url),
        outcome="failed" if page.no_story else "fetched",
        reason=page.no_story,
        visited_at=visited_at,
        aliases=aliases,
        known_as=[other for other in dict.fromkeys(map(story_key, aliases)) if other != key],
        title=facts.title,
        site_name=facts.site_name,
        published_at=facts.published_at,
        published=facts.published,
        modified_at=facts.modified_at,
        authors=list(facts.authors),
        origin=facts.origin,
        lang=facts.lang,
        text=facts.text,
        tags=list(facts.tags),
        sources=dict(facts.sources),
        noindex=page.noindex,
        links=_links(page, key),
    )


MAX_LINKS = 1_000  # links of one page; the most in 500 real pages is under 300
MAX_URL = 2_000  # characters, the length that servers and databases agree on


def _links(page: Page, own: str) -> list[LinkItem]:
    """The page's links with the story key of each target; links to the page itself and no-URLs left out.

    Of a page with more than `MAX_LINKS`, the related ones are kept first, then those that come first.
    """
    found = []
    for link in page.links:
        try:
            to, to_url = story_key(link.url), canonical_url(link.url)
        except UrlError:
            continue
        if to != own and max(len(link.url), len(to_url)) <= MAX_URL:
            found.append(
                LinkItem(
                    url=link.url,
                    kind=link.kind,
                    heading=link.heading,
                    position=link.position,
                    anchor=link.anchor,
                    to=to,
                    to_url=to_url,
                    nofollow=link.nofollow or page.nofollow,
                )
            )
    if len(found) > MAX_LINKS:
        kept = sorted(range(len(found)), key=lambda n: (found[n].kind != "related", n))[:MAX_LINKS]
        found = [found[n] for n in sorted(kept)]
    return found
