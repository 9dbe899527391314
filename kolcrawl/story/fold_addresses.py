"""Leave out of a story's addresses, and of its links, what changes from view to view. Pure."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from kolcrawl.errors import UrlError
from kolcrawl.text.scripts import prose_weight
from kolcrawl.urls import canonical_url, site_of, story_key

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem
    from kolcrawl.policy.varying_addresses import VaryingAddresses

MIN_TEXT: Final = 240
"""Weight of a text from which it is surely the same story at two addresses of one path."""
logger = logging.getLogger(__name__)


def fold_addresses(item: StoryItem, varying: VaryingAddresses) -> None:
    """Learn from the links of a story that was read, and fold them and the story's own address, in place.

    Says once what was learnt of a site.
    """
    links = [(site_of(link.to_url), link) for link in item.links]
    for site, part in varying.observe((site, link.to_url, link.anchor) for site, link in links):
        logger.warning("%s: %r in addresses never changes a page there: left out from now on", site, part)
    own = varying.fold(item.site, item.url)
    if own != item.url:
        with suppress(UrlError):
            _move(item, canonical_url(own))
    if prose_weight(item.text or "") >= MIN_TEXT:
        first = varying.first_address(item.site, item.url, f"{item.title}\n{item.text}")
        if first != item.url:
            _move(item, first)
    for site, link in links:
        folded = varying.fold(site, link.to_url)
        if folded != link.to_url:
            with suppress(UrlError):
                link.to_url = canonical_url(folded)
                link.to = story_key(link.to_url)
    item.links = [link for link in item.links if link.to != item.key]


def _move(item: StoryItem, url: str) -> None:
    """Give a story another address; the former one stays one of its own."""
    key = story_key(url)
    if key == item.key:
        return
    item.aliases = [item.url, *(alias for alias in item.aliases if alias != url)]
    item.known_as = [item.key, *(other for other in item.known_as if other != key)]
    item.proofs[item.key] = "parameter"
    item.proofs.pop(key, None)
    item.url, item.key = url, key
