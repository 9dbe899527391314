"""What a page says of itself: its addresses, its headline as often as it gives it, its keywords.

Entry point: `page_identity(document)`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kolcrawl.urls.page_address import PageAddress, page_address

if TYPE_CHECKING:
    from kolcrawl.page.document import Document

MAX_NAMING_H1 = 2  # h1 elements that may name the story
SHORTEST_HEADLINE = 8  # characters; a shorter text may be a section's name
MAX_TITLES_LENGTH = 600  # characters of all titles together
MAX_KEYWORDS = 2_000
KEYWORD_NAMES = frozenset(("keywords", "news_keywords", "description", "og:description", "article:tag"))
_TITLE_PARTS = re.compile(r"\s[|–—-]\s|_|\|")


@dataclass(frozen=True, slots=True)
class PageIdentity:
    """What a page is known by."""

    address: PageAddress
    headlines: frozenset[str]
    """Its headline, as often as the page gives it."""
    title: str
    """The same as one text."""
    keywords: str
    """Keywords, description and tags, as one text."""


def page_identity(document: Document) -> PageIdentity:
    """Read what a page says of itself in its head and its h1.

    Raises:
        UrlError: the page's URL is unusable.
    """
    root = document.root
    titles, keywords, claims = [], [], []
    head = root.find("head")
    for element in head.iter("title", "meta", "link") if head is not None else ():
        if element.tag == "title":
            titles.append(max(_TITLE_PARTS.split(element.text or ""), key=len))
        elif element.tag == "link":
            if (element.get("rel") or "").lower() == "canonical":
                claims.append(element.get("href") or "")
        else:
            name = (element.get("property") or element.get("name") or "").lower()
            if name in KEYWORD_NAMES:
                keywords.append(element.get("content") or "")
            elif name == "og:title":
                titles.append(element.get("content") or "")
            elif name == "og:url":
                claims.append(element.get("content") or "")
    titles += [" ".join(" ".join(top.itertext())[:200].split()) for top in document.gathered["h1"][:MAX_NAMING_H1]]
    cleaned = (" ".join(title.split()) for title in titles)
    return PageIdentity(
        address=page_address(document.url, [claim for claim in claims if claim.strip()]),
        headlines=frozenset(title for title in cleaned if len(title) >= SHORTEST_HEADLINE),
        title=" ".join(titles)[:MAX_TITLES_LENGTH],
        keywords=" ".join(keywords)[:MAX_KEYWORDS],
    )
