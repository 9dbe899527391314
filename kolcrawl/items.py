"""What passes between the packages: one `StoryItem` a page, holding its `LinkItem`s in page order.

A story and its links travel as one item on purpose: a visit is then written in one acknowledged piece, and no
filter on the way can lose an edge. Field names are those of the MongoDB contract (docs/mongodb.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypedDict, get_args

LinkKind = Literal["related", "recommended", "popular", "latest", "random", "sponsored", "source"]
LINK_KINDS: tuple[LinkKind, ...] = get_args(LinkKind)

LISTED_KINDS: tuple[LinkKind, ...] = ("popular", "latest", "random", "sponsored")
"""Kinds of lists that many pages of a site show alike."""

Outcome = Literal["fetched", "unchanged", "failed", "gone", "skipped"]

MergeProof = Literal["address", "id", "slug", "title", "canonical", "parameter"]
"""What proves that two addresses are one story: see `kolcrawl.policy.redirects`; `canonical` is the page's own word,
`parameter` that the site adds what changes from view to view (`kolcrawl.urls.varying_addresses`)."""


class Published(TypedDict):
    """How a publication time was read."""

    raw: str
    """As printed on the page."""
    source: Literal["jsonld", "meta", "time", "script", "text", "url"]
    precision: Literal["second", "minute", "day"]
    tz: Literal["stated", "assumed"]
    day: str
    """As printed, `YYYY-MM-DD`: an evening in New York is the next day in UTC."""
    year: Literal["stated", "assumed"]
    """`assumed` where none was printed: the latest that fits."""


class HttpFacts(TypedDict):
    """The answer of the server at one visit."""

    status: int
    etag: str | None
    last_modified: str | None
    final_url: str


GONE_NOTICES = frozenset({"withdrawn", "site_closed"})
"""Reasons of `gone` by a notice in the story's place, which does not show what the story linked to."""
SHARED_TEXT = "shared"
"""Source of a text that was taken off the story, since most pages of its site show it."""


class BlockLesson(NamedTuple):
    """How much the block at one place of a site's template stays from page to page."""

    place: int
    """Its number, the same in every process (`kolcrawl.page.related.site_memory`)."""
    staying: float
    """0 (all its links are new on every page) to 1 (the same on every page)."""
    pages: int
    """How many pages tell so."""


MAX_PAGES_COUNTED = 50
"""Pages that tell how a block stays; those of long ago count less and less."""


def joined_lesson(known: BlockLesson | None, new: BlockLesson) -> BlockLesson:
    """Return what two lessons of one place say together, each by the number of its pages."""
    if known is None:
        return new
    share = new.pages / (known.pages + new.pages)
    mean = known.staying + share * (new.staying - known.staying)
    return BlockLesson(new.place, round(mean, 4), min(MAX_PAGES_COUNTED, known.pages + new.pages))


@dataclass(slots=True, kw_only=True)
class LinkItem:
    """One link from a story's page to another story."""

    url: str
    """Absolute URL as the page gives it."""
    kind: LinkKind
    heading: str | None
    """Heading of the block as printed; None for a block without one."""
    position: int
    """1-based place in its block."""
    anchor: str
    to: str = ""
    """Story key of the target."""
    to_url: str = ""
    """The target's canonical URL as far as the link alone tells: absolute, fit to be fetched."""
    nofollow: bool = False
    wrapper: str | None = None
    """The redirector's address on the page, where the link leads to `url` through one."""
    relevance: float | None = None
    """0 to 1: how much the two stories are about the same thing."""
    topic: float | None = None
    """0 to 1: how much the target is about what the crawl is about, judged before it is read."""
    skipped: str | None = None
    """Why the crawl will not fetch the target (`off_topic`, `depth`, `off_site`...), None if it may."""


@dataclass(slots=True, kw_only=True, repr=False)
class StoryItem:
    """One visit to one story: what was found, or why nothing was."""

    key: str
    """Story key: `kolcrawl.urls.story_key`."""
    url: str
    """Canonical URL, absolute and fit to be fetched."""
    requested_url: str
    """The URL that was asked for; differs from `url` after redirects or a believed rel=canonical."""
    site: str
    """Registrable domain of `url`."""
    outcome: Outcome
    """`skipped` without `http` was never asked for: the stub says why, and no visit is written."""
    visited_at: datetime
    """UTC, aware."""
    reason: str | None = None
    """Stable code when `outcome` is `failed`, `gone` or `skipped`."""
    aliases: list[str] = field(default_factory=list)
    """Other URLs that led here on this visit."""
    known_as: list[str] = field(default_factory=list)
    """Story keys of `aliases` that differ from `key`: what is stored under them is merged into this story."""
    proofs: dict[str, MergeProof] = field(default_factory=dict)
    """By key of `known_as`, what proves that it is this story."""
    redirected_to: str | None = None
    """Where the address led, if that was not the story that was asked for."""
    title: str | None = None
    raw_title: str | None = None
    """The title as the page gives it, where cleaning changed it."""
    site_name: str | None = None
    """What the page calls its site; cleaning takes it out of the title. Not stored."""
    published_at: datetime | None = None
    published: Published | None = None
    modified_at: datetime | None = None
    authors: list[str] = field(default_factory=list)
    origin: str | None = None
    lang: str | None = None
    text: str | None = None
    read_text: str | None = None
    """The text as this page alone gives it, where what the site's pages share was taken off `text`. Not stored, but for
    its hash: two readings of one page differ by how much the crawl knew of its site."""
    excerpt: str | None = None
    tags: list[str] = field(default_factory=list)
    content_hash: str | None = None
    bands: list[int] | None = None
    signature: bytes | None = None
    """MinHash signature behind `bands`, from which the similarity of two stories is estimated."""
    sources: dict[str, str] = field(default_factory=dict)
    """Which part of the page answered, by field; `SHARED_TEXT` for a text that was that of most pages of the site."""
    relevance: float | None = None
    depth: int = 0
    discovered_from: str | None = None
    """Key of the story whose link led here; None for a seed."""
    discovered_kind: str | None = None
    """Kind of that link; `seed` for a seed."""
    http: HttpFacts | None = None
    bytes: int = 0
    elapsed_ms: int = 0
    next_visit_at: datetime | None = None
    """When a later crawl should ask for it again."""
    is_known: bool = False
    """Whether an earlier crawl had read it, and not found it gone since."""
    known_key: str | None = None
    """Key of the story that an earlier crawl had read; another than `key` where this one was merged into it."""
    same_as: datetime | None = None
    """Outcome `unchanged`: time of the visit whose page the server says is still current."""
    noindex: bool = False
    links: list[LinkItem] = field(default_factory=list)
    links_left_out: int = 0
    """Links of the page that are too long, or beyond what is kept of one page."""

    def __repr__(self) -> str:
        """Write the item short, and without anything a page made up: Scrapy writes items to its log."""
        return f"StoryItem({self.url!r}, {self.outcome}, {len(self.links)} links)"

    def to_json(self) -> dict[str, Any]:
        """List the story's own fields for `scrapy extract`: dates as ISO 8601, nothing of the visit.

        Returns: field name to JSON value, in a fixed order.
        """
        return {
            "url": self.url,
            "key": self.key,
            "site": self.site,
            "title": self.title,
            "raw_title": self.raw_title,
            "published_at": self.published_at.isoformat() if self.published_at else None,
            "published": self.published,
            "modified_at": self.modified_at.isoformat() if self.modified_at else None,
            "authors": self.authors,
            "origin": self.origin,
            "lang": self.lang,
            "tags": self.tags,
            "text": self.text,
            "excerpt": self.excerpt,
            "text_chars": len(self.text or ""),
            "content_hash": self.content_hash,
            "sources": self.sources,
        }
