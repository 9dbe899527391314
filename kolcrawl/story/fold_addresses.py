"""Leave out of a story's addresses, and of its links, what changes from view to view. Pure."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from kolcrawl.errors import UrlError
from kolcrawl.story.site_texts import may_be_notice
from kolcrawl.text.scripts import prose_weight
from kolcrawl.urls import canonical_url, site_of, story_key

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem
    from kolcrawl.urls.varying_addresses import Part, VaryingAddresses

MIN_FOLDED_TEXT: Final = 240
"""Weight of a text from which it is surely the same story at two addresses of one path."""


def fold_addresses(item: StoryItem, varying: VaryingAddresses) -> list[Part]:
    """Learn from the links of a story that was read, and fold them and the story's own address, in place.

    Returns: the parts that were learnt, or found to matter after all, just now.
    """
    links = [(site_of(link.to_url), link) for link in item.links]
    changed = varying.observe((site, link.to_url, link.anchor) for site, link in links)
    own = varying.fold(item.site, item.url)
    if own != item.url:
        with suppress(UrlError):
            _move(item, canonical_url(own))
    # a notice is the same at all addresses, and says nothing of the stories there
    if prose_weight(item.text or "") >= MIN_FOLDED_TEXT and not may_be_notice(item):
        first, learnt = varying.first_address(item.site, item.url, f"{item.title}\n{item.text}")
        changed += learnt
        if first != item.url:
            _move(item, first)
    fold_links(item, varying)
    return changed


def fold_links(item: StoryItem, varying: VaryingAddresses) -> None:
    """Fold the links of a story by what is known, in place; those that then lead to the story itself go."""
    for link in item.links:
        folded = varying.fold(site_of(link.to_url), link.to_url)
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
