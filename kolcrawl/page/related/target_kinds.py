"""Tell what a link leads to where that is no story: a search, a vote, a product, a counter of advertising.

Entry point: `TargetKinds(address).of_links(links) -> dict[int, str]`. A block is judged as a whole elsewhere; here its
single links are. The words are data (`data/related_targets.toml`); a word that the page's own address has, too, says
nothing, since the stories of some sites stand below `/company/` or `/topic/`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kolcrawl.page.related.phrases import is_whole_list
from kolcrawl.text.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kolcrawl.page.related.blocks.link_types import Link
    from kolcrawl.urls.page_address import PageAddress
    from kolcrawl.urls.targets import Target

COUNTER = "counter"
"""The kind of a target that counts clicks on advertising."""
LEAST_ALIKE = 3  # links of a block whose addresses are made like the page's own, beside which another one is odd
ODD_LIKENESS = 0.3  # likeness of an odd address to the page's own, at most
MAX_PLACE = 14  # letters of the last part of an odd address
MIN_OWN_NUMBER = 5  # digits of the number by which a picture is known as the page's own
CERTAIN = frozenset(("search", "vote", "service", COUNTER))
"""Kinds of targets that are no stories however their addresses are made."""
STORY_LIKENESS_OF_TARGET = 0.8  # likeness to the page's own address from which on one of another kind is a story's
_TABLE = read_table("related_targets.toml")


def _by_word(section: str) -> dict[str, str]:
    return {word: kind for kind, words in _TABLE[section].items() for word in words.split()}


_HOSTS, _PATHS, _PARAMETERS = _by_word("hosts"), _by_word("paths"), _by_word("parameters")


class TargetKinds:
    """What the links of one page lead to."""

    def __init__(self, address: PageAddress) -> None:
        """Know a page's own address.

        Args:
            address: of the page: the words in it say nothing of the links.
        """
        self._site = address.site
        self._own_words = {address.host.partition(".")[0], *_path_words("/" + "/".join(address.shape.segments))}
        self._number = str(address.shape.number or "")

    def of_links(self, links: Sequence[Link]) -> dict[int, str]:
        """Return what the links of a block lead to, by their index: only those that lead to no story."""
        kinds: dict[int, str] = {}
        alike = sum(link.alike == 1.0 for link in links)
        regular = alike >= LEAST_ALIKE and 2 * alike > len(links)
        for index, link in enumerate(links):
            kind = self._named(link.target)
            limit = 1.0 if regular else STORY_LIKENESS_OF_TARGET
            if kind in CERTAIN or (kind and (link.alike < limit or not link.shape.slug)):
                kinds[index] = kind
            elif link.alike <= ODD_LIKENESS and link.target.site == self._site and self._is_odd(link, regular):
                kinds[index] = "section"
        return kinds

    def _named(self, target: Target) -> str:
        """Return what the words of an address say that it leads to, or an empty string."""
        own = self._own_words
        label = target.host.partition(".")[0]
        if label in _HOSTS and label not in own:
            return _HOSTS[label]
        for name in _names(target.query):
            if name in _PARAMETERS:
                return _PARAMETERS[name]
        for word in _path_words(target.path):
            kind = _PATHS.get(word)
            if kind and word not in own and not (kind == "gallery" and not self._is_own_picture(target)):
                return kind
        return ""

    def _is_own_picture(self, target: Target) -> bool:
        """Tell whether a gallery is the page's own: its address holds the number of the page's story."""
        return len(self._number) >= MIN_OWN_NUMBER and self._number in target.path

    def _is_odd(self, link: Link, regular: bool) -> bool:
        """Tell whether a link leads to the whole list, or, among stories whose addresses are alike, to a section."""
        last = link.shape.segments[-1].partition(".")[0] if link.shape.segments else ""
        return is_whole_list(link.text) or (regular and len(last) <= MAX_PLACE and last.isalnum() and last.isascii())


def _path_words(path: str) -> list[str]:
    """Return the folders of a path and its last part, with and without its ending, in lower case."""
    parts = [part for part in path.lower().split("/") if part]
    if parts and "." in parts[-1]:
        parts.append(parts[-1].partition(".")[0])
    return parts


def _names(query: str) -> list[str]:
    return re.findall(r"(?:^|&)([\w-]{1,20})=", query.lower()) if query else []
