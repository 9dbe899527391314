"""Make the story item of a page that was read. Pure: the crawl, `scrapy extract` and benchmarks use it alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.errors import UrlError
from kolcrawl.items import GONE_NOTICES, LinkItem, MergeProof, StoryItem
from kolcrawl.policy.redirects import is_same_story
from kolcrawl.urls import believed_canonical, canonical_url, site_of, story_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from kolcrawl.page import Page
    from kolcrawl.page.page import PageLink

MAX_STORED_LINKS = 1_000  # of one page; of 500 real pages none has 300
MAX_STORED_URL = 2_000  # characters, the length that servers and databases agree on


def story_from_page(
    page: Page, *, requested_url: str, visited_at: datetime, also_seen: Sequence[str] = (), anchor: str | None = None
) -> StoryItem:
    """Make the item of a page that was read.

    The item is of the story that the page says it is. An address that led to it by a redirect counts as the story's
    own (`aliases`, `known_as`) only where that is proved (`kolcrawl.policy.redirects`); without proof for the one
    that was asked for, the item's `requested_url` is the page's own address.

    Args:
        page: the page; `page.url` is where it was finally found.
        requested_url: the URL that was asked for, before redirects.
        visited_at: when, aware.
        also_seen: further URLs that led to the page (redirects in between).
        anchor: the text of the link that was followed.

    Returns: an item of outcome `fetched`, or else `failed` or `gone` with `page.no_story` as its reason.
    """
    url = believed_canonical(page.url, page.canonical, page.og_url)
    key = story_key(url)
    facts = page.story
    proofs = _proofs(page, url, requested_url, also_seen, anchor)
    links, left_out = link_items(page.links, key, nofollow=page.nofollow)
    keys = {other: story_key(other) for other in proofs}
    return StoryItem(
        key=key,
        url=url,
        requested_url=requested_url if requested_url in (*proofs, url) else page.url,
        site=site_of(url),
        outcome="gone" if page.no_story in GONE_NOTICES else "failed" if page.no_story else "fetched",
        reason=page.no_story,
        visited_at=visited_at,
        aliases=[other for other in proofs if other != url],
        known_as=[other for other in dict.fromkeys(keys.values()) if other != key],
        proofs={keys[other]: proof for other, proof in proofs.items() if keys[other] != key},
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
        links=links,
        links_left_out=page.long_links + left_out,
    )


def _proofs(
    page: Page, url: str, requested_url: str, also_seen: Sequence[str], anchor: str | None
) -> dict[str, MergeProof]:
    """Collect the addresses that are the story's own beside `url`, each with its proof."""
    proofs: dict[str, MergeProof] = {}
    title = page.story.title
    for address in (requested_url, *also_seen):
        text = anchor if address == requested_url else None
        for target in (page.url, url):
            if proof := is_same_story(address, target, anchor=text, title=title):
                proofs.setdefault(address, proof)
    proofs[page.url] = "canonical"
    return proofs


def link_items(page_links: Iterable[PageLink], own: str, *, nofollow: bool) -> tuple[list[LinkItem], int]:
    """Make the items of a page's links, with the story key of each target.

    Links to the page itself and addresses that are not URLs are left out. Of a page with more than
    `MAX_STORED_LINKS`, the related ones are kept first, then those that come first.

    Args:
        page_links: in page order.
        own: story key of the page.
        nofollow: the page says so of all its links.

    Returns: the items, and how many links more there are that are too long or too many.
    """
    found: list[LinkItem] = []
    left_out = 0
    for link in page_links:
        try:
            to, to_url = story_key(link.url), canonical_url(link.url)
        except UrlError:
            continue
        if max(len(link.url), len(to_url)) > MAX_STORED_URL:
            left_out += 1
        elif to != own:
            found.append(
                LinkItem(
                    url=link.url,
                    kind=link.kind,
                    heading=link.heading,
                    position=link.position,
                    anchor=link.anchor,
                    to=to,
                    to_url=to_url,
                    nofollow=link.nofollow or nofollow,
                    wrapper=link.wrapper if link.wrapper and len(link.wrapper) <= MAX_STORED_URL else None,
                )
            )
    if len(found) > MAX_STORED_LINKS:
        kept = sorted(range(len(found)), key=lambda n: (found[n].kind != "related", n))[:MAX_STORED_LINKS]
        left_out += len(found) - MAX_STORED_LINKS
        found = [found[n] for n in sorted(kept)]
    return found, left_out
