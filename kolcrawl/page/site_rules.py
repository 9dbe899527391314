"""Rules for one site where the general engine errs. Most sites need none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kolcrawl.items import LinkKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRules:
    """How to read the pages of one site; every field may be left out."""

    related: tuple[str, ...] = ()
    """CSS selectors of the blocks that hold the page's own related stories. Where one of them is found on a page,
    no other block of that page counts as related."""
    ignore: tuple[str, ...] = ()
    """CSS selectors of parts that hold no story links."""
    kinds: tuple[tuple[str, LinkKind], ...] = ()
    """(CSS selector, kind) of blocks that are of another kind than they look."""
    title: str | None = None
    """CSS selector of the headline."""
    published: str | None = None
    """CSS selector of the publication time."""
    text: str | None = None
    """CSS selector of the body."""
    story_url: str | None = None
    """Regular expression that the URL of a story of this site matches."""
    timezone: str | None = None
    """IANA name of the zone in which the site prints its times."""


NO_RULES = SiteRules()
"""Of a site on which the engine is right."""
