"""Parts of addresses that change from view to view and never change the page: session ids, tokens, trackers. Pure.

Some sites give each link a new token at every view, so that a few articles have addresses without end. What such a
part is shows in the links themselves: the same text leads to addresses that differ in this part alone, again and
again, and no other text does; or the same page was read at addresses that differ in it. A part that was learnt so is
left out of the site's addresses (`fold`) until links speak against it. A parameter that names the article never is
learnt: addresses that differ in it carry different texts.

Parts are the parameters of the query, by name, and the segments of the path that look like a session, by place.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from kolcrawl.text.normalize import letters
from kolcrawl.urls.session_tokens import is_session

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MIN_PROOFS: Final = 3
"""Articles whose links differed in one part alone, from which the part is learnt."""
MAX_DOUBT: Final = 0.25
"""Share of observations in which it led to another text, up to which that may be two words for one article."""
MIN_ANCHOR: Final = 8
"""Letters of a link's text that tell an article; shorter ones ("more", "2") tell none."""
MAX_SEEN: Final = 20_000
"""Addresses without one of their parts that are remembered; those that were not met for longest are forgotten."""
MAX_LEARNT: Final = 20
"""Parts of one site that are learnt; a site that has more is not understood."""
MAX_PARTS: Final = 12
"""Parts of one address that are looked at."""

_TOKEN: Final = re.compile(r"(?=(?:\D*\d){3})[\w.~-]{8,}")
"""A value that may be a token: eight characters, three of them digits."""
Part = tuple[str, str]
"""Site, and the name of a parameter, or the place of a segment as `/2`."""


class VaryingAddresses:
    """What one crawl has learnt of the addresses of the sites that it saw."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str, str], tuple[str, str]] = OrderedDict()
        self._proofs: dict[Part, set[int]] = {}
        self._doubts: dict[Part, int] = {}
        self._learnt: dict[str, set[str]] = {}
        self._pages: OrderedDict[tuple[str, int], str] = OrderedDict()

    def take_up(self, learnt: Mapping[str, Iterable[str]]) -> None:
        """Begin with the parts that earlier crawls learnt, by site."""
        for site, names in learnt.items():
            self._learnt.setdefault(site, set()).update(names)

    def parts_of(self, site: str) -> list[str]:
        """Return the parts that are left out of a site's addresses, in order."""
        return sorted(self._learnt.get(site, ()))

    def observe(self, links: Iterable[tuple[str, str, str]]) -> list[Part]:
        """Learn from the links of one page.

        Args:
            links: site, address and text of each.

        Returns: the parts that were learnt, or found to matter after all, just now.
        """
        changed: list[Part] = []
        for site, url, anchor in links:
            text = letters(anchor)
            if len(text) < MIN_ANCHOR:
                continue
            for name, value, rest in _parts(url):
                where = (site, name, rest)
                before = self._seen.get(where)
                self._keep(where, (value, text))
                if before is None or before[0] == value:
                    continue
                if before[1] == text:
                    self._proofs.setdefault((site, name), set()).add(hash(rest))
                else:
                    self._doubts[site, name] = self._doubts.get((site, name), 0) + 1
                changed += self._decide((site, name))
        return changed

    def _decide(self, part: Part) -> list[Part]:
        """Learn a part that enough speaks for, and give up one that more speaks against. Returns: it, if it changed."""
        site, name = part
        proofs, doubts = len(self._proofs.get(part, ())), self._doubts.get(part, 0)
        names = self._learnt.setdefault(site, set())
        if name not in names and proofs >= MIN_PROOFS and doubts <= MAX_DOUBT * proofs and len(names) < MAX_LEARNT:
            names.add(name)
            return [part]
        if name in names and doubts >= MIN_PROOFS and doubts > proofs:
            names.discard(name)
            return [part]
        return []

    def fold(self, site: str, url: str) -> str:
        """Return an address without the parts that never change the site's pages."""
        names = self._learnt.get(site)
        if not names:
            return url
        pieces = urlsplit(url)
        query = "&".join(piece for piece in pieces.query.split("&") if _name(piece) not in names)
        segments = pieces.path.split("/")
        kept = [one for place, one in enumerate(segments) if f"/{place}" not in names or not is_session(one)]
        return urlunsplit((pieces.scheme, pieces.netloc, "/".join(kept), query, pieces.fragment))

    def first_address(self, site: str, url: str, content: str) -> tuple[str, list[Part]]:
        """Find the first address of this path at which a page had this content, and learn from it.

        Returns: it, or `url` where it is the first; and the parts that were learnt just now.
        """
        pieces = urlsplit(url)
        first = self._pages.setdefault((f"{site} {pieces.path}", hash(content)), url)
        if len(self._pages) > MAX_SEEN:
            self._pages.popitem(last=False)
        if first == url:
            return first, []
        ours, theirs = (set(filter(None, one.split("&"))) for one in (pieces.query, urlsplit(first).query))
        differing = {_name(piece) for piece in ours ^ theirs}
        learnt: list[Part] = []
        if len(differing) == 1:  # of several, none is shown to mean nothing by itself
            part = (site, differing.pop())
            rest = (pieces.path, *sorted(piece for piece in ours & theirs if _name(piece) != part[1]))
            self._proofs.setdefault(part, set()).add(hash(rest))
            learnt = self._decide(part)
        return first, learnt

    def _keep(self, where: tuple[str, str, str], what: tuple[str, str]) -> None:
        self._seen[where] = what
        self._seen.move_to_end(where)
        if len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)


def _parts(url: str) -> Iterator[tuple[str, str, str]]:
    """Yield each part of an address that may vary: its name, its value, and the address without it."""
    pieces = urlsplit(url)
    query = pieces.query.split("&")[:MAX_PARTS] if pieces.query else []
    for at, piece in enumerate(query):
        rest = "&".join(query[:at] + query[at + 1 :])
        yield _name(piece), piece, f"{pieces.netloc}{pieces.path}?{rest}"
    tokens = [piece for piece in query if _TOKEN.fullmatch(piece.partition("=")[2])]
    if len(tokens) > 1:  # they may all change at once
        rest = "&".join(piece for piece in query if piece not in tokens)
        for piece in tokens:
            yield _name(piece), piece, f"{pieces.netloc}{pieces.path}?{rest}&"
    segments = pieces.path.split("/")
    for place, segment in enumerate(segments[:MAX_PARTS]):
        if is_session(segment) and place < len(segments) - 1:
            rest = "/".join(segments[:place] + segments[place + 1 :])
            yield f"/{place}", segment, f"{pieces.netloc}{rest}?{pieces.query}"


def _name(piece: str) -> str:
    return piece.partition("=")[0]
