"""What belongs to a page itself: its own addresses, its comments, its pictures, its print version. Pure.

Entry point: `page_address(url, claims) -> PageAddress`, whose `owns(target)` is asked of each link.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from kolcrawl.errors import UrlError
from kolcrawl.urls.claims import claimed_url
from kolcrawl.urls.hosts import registrable_domain
from kolcrawl.urls.identity import story_key, url_parts
from kolcrawl.urls.rules import STORY_ID_NAME, names_story
from kolcrawl.urls.same_article import believed_canonical
from kolcrawl.urls.shape import Shape, kind_of_part, shape_of, story_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kolcrawl.urls.identity import UrlParts
    from kolcrawl.urls.targets import Target


@dataclass(frozen=True, slots=True)
class PageAddress:
    """The addresses of one page, and how its site knows its story."""

    key: str
    """Story key of the URL that it came from."""
    keys: frozenset[str]
    """Story keys of all its addresses."""
    places: tuple[tuple[str, frozenset[tuple[str, str]]], ...]
    """Path without a slash at its end, and query, of each address of its own site."""
    shape: Shape
    """Shape of its address."""
    number: str
    """What its site knows the story by: a number or code in its address, or an empty string."""
    host: str
    site: str
    """Its registrable domain."""

    def owns(self, target: Target) -> bool:
        """Tell whether a link leads to the page, or to what belongs to it: its comments, its pictures, its order form.

        An address that names another story does not belong to the page, even if it carries the page's id.
        """
        if target.key in self.keys:
            return True
        if target.site == self.site and ((target.query and self._is_view(target)) or self._is_about(target)):
            return True
        return "http" in target.query and self._carries_page(target)

    def _is_view(self, target: Target) -> bool:
        """Tell whether a target is the page's own path with further parameters: a later part, a print version."""
        asked = frozenset(parse_qsl(target.query))
        for path, own in self.places:
            if target.path.rstrip("/") != path:
                continue
            if own <= asked if own else names_story(path):
                return True
            if shape_of(path, "").slug and not _hold_id(asked - own):
                return True
        return False

    def _is_about(self, target: Target) -> bool:
        """Tell whether a target holds the number of the page's story and names no other."""
        if not self.number or self.number not in target.url:
            return False
        alone = re.compile(rf"(?<![0-9A-Za-z]){re.escape(self.number)}(?![0-9A-Za-z])")
        if alone.search(target.path):
            return True
        if shape_of(target.path, "").slug:
            return False
        asked = frozenset(parse_qsl(target.query))
        about = {name: value for name, value in asked if "/" not in value and alone.search(value)}
        others = asked.difference(about.items(), *(own for _, own in self.places))
        return any(map(STORY_ID_NAME.fullmatch, about)) or (bool(about) and not _hold_id(others))

    def _carries_page(self, target: Target) -> bool:
        """Tell whether a target is a form (log in, share, order) that carries the page's address."""
        if shape_of(target.path, "").slug:
            return False
        carried = [value for _, value in parse_qsl(target.query) if value.startswith(("http:", "https:"))]
        return bool(carried) and all(_key_or_nothing(value) in self.keys for value in carried)


def page_address(url: str, claims: Sequence[str] = ()) -> PageAddress:
    """Return what is known of a page's own addresses.

    Args:
        url: where the page came from, after redirects.
        claims: what it says its address is (`rel=canonical`, `og:url`), absolute or relative. One of its own site
            that cannot name this page is not believed (`believed_canonical`); one of another site names the original.

    Raises:
        UrlError: `url` is unusable.
    """
    parts = url_parts(url)
    site = registrable_domain(parts.authority)
    shaped: UrlParts = parts
    own = [parts]
    key = story_key(url)
    keys = {key}
    for claim in claims:
        try:
            claimed = claimed_url(url, claim)
            theirs = url_parts(claimed)
            from_front = len(parts.path) < 2 and not parts.query
            elsewhere = registrable_domain(theirs.authority) != site
            if elsewhere or from_front or story_key(believed_canonical(url, claimed, None)) == story_key(claimed):
                keys.add(story_key(claimed))
            else:
                continue
        except ValueError:
            continue
        if not elsewhere:
            own.append(theirs)
        if from_front and len(shaped.path) < len(theirs.path):
            shaped = theirs  # the page was fetched from the front of its site: the claim says more
    return PageAddress(
        key=key,
        keys=frozenset(keys),
        places=tuple({(p.path.rstrip("/"), frozenset(parse_qsl(p.query))): None for p in own}),
        shape=shape_of(shaped.path, shaped.query),
        number=story_number(shaped.path, shaped.query),
        host=parts.host,
        site=site,
    )


def _hold_id(asked: frozenset[tuple[str, str]]) -> bool:
    """Tell whether parameters hold what may be an id or a name, not just the number of a page or an option."""
    return any(value.isascii() and " " not in value and kind_of_part(value)[0] in "NSih" for _, value in asked)


def _key_or_nothing(url: str) -> str:
    try:
        return story_key(url)
    except UrlError:
        return ""
