"""The result of reading a page: the story's facts and its links to other stories."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from kolcrawl.items import BlockLesson, LinkKind, Published

ACCOUNT = "account"
"""Place that gave the authors: the account that published the story on a platform, named as its owner likes."""


@dataclass(slots=True, kw_only=True)
class PageLink:
    """One link to another story, as the page shows it."""

    url: str
    """Absolute, as the page gives it (resolved against `<base href>`)."""
    kind: LinkKind
    heading: str | None
    position: int
    anchor: str
    nofollow: bool = False
    wrapper: str | None = None
    """The redirector's address on the page, where the link leads to `url` through one."""


@dataclass(slots=True)
class Correction:
    """The links of a page that was read before, judged again by what its site has shown since."""

    url: str
    """The URL that the page was fetched from."""
    links: list[PageLink]
    """All of them, in page order."""


@dataclass(slots=True, kw_only=True)
class StoryFacts:
    """What the page says of its story, before cleaning. Empty values mean that the page does not say."""

    title: str | None = None
    site_name: str | None = None
    published_at: datetime | None = None
    published: Published | None = None
    modified_at: datetime | None = None
    authors: list[str] = field(default_factory=list)
    origin: str | None = None
    lang: str | None = None
    text: str | None = None
    tags: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    """Which part of the page answered, by field: `jsonld`, `meta`, `microdata`, `time`, `h1`, `text`..."""


@dataclass(slots=True, kw_only=True)
class Page:
    """A page as read."""

    url: str
    """The URL it was fetched from."""
    encoding: str
    """Python codec name of the bytes."""
    canonical: str | None = None
    """`rel=canonical`, absolute; not yet believed."""
    og_url: str | None = None
    """`og:url`, absolute; not yet believed."""
    story: StoryFacts = field(default_factory=StoryFacts)
    links: list[PageLink] = field(default_factory=list)
    lessons: list[BlockLesson] = field(default_factory=list)
    """What the page and those before it teach of the blocks of its host."""
    may_be_corrected: bool = field(default=False, compare=False)
    """Its links are judged again when more of its host was read."""
    corrections: list[Correction] = field(default_factory=list, compare=False)
    """Pages read before whose links are judged otherwise, now that this one was read."""
    long_links: int = 0
    """Addresses of links that are too long for servers and databases, and are left out."""
    no_story: str | None = None
    """None for an article, else why it is none: `no_article`, `paywall`, `blocked`, or a kind of `verdict.notices`."""
    noindex: bool = False
    nofollow: bool = False
