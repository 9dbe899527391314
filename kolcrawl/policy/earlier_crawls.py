"""The questions that a spider asks about earlier crawls; the store answers them, and the spider knows no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from kolcrawl.items import BlockLesson, LinkItem


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownStory:
    """A story that an earlier crawl has read."""

    key: str
    """Of a story that was asked for by a merged key, the one that this leads to."""
    url: str
    etag: str | None
    last_modified: str | None
    next_visit_at: datetime | None
    fetched_at: datetime | None = None
    """When its page was last fetched: `StoryItem.same_as` of an answer that it is unchanged."""
    content_hash: str | None = None
    visits: int = 0
    revisions: int = 0
    published_at: datetime | None = None
    first_seen: datetime | None = None
    page: str | None = None
    """Id of the visit that read what the story shows, links included; None where that is not known."""


class EarlierCrawls(Protocol):
    """Answers from earlier crawls."""

    async def known(self, keys: Iterable[str]) -> dict[str, KnownStory]:
        """Look up stories by key; those whose page was fetched before and is not known to be gone are returned."""

    async def links_of(self, key: str) -> list[LinkItem]:
        """Read the links of a story as of its latest good visit."""

    async def text_of(self, key: str) -> tuple[str | None, str | None]:
        """Read title and text of a story as of its latest good visit; None for each that is not known."""

    async def varying_parts(self) -> dict[str, list[str]]:
        """Read, by site, the parts of addresses that never change its pages (`kolcrawl.urls.varying_addresses`)."""

    async def blocks_of(self, host: str) -> list[BlockLesson]:
        """Read how much the blocks of a host's templates stay from page to page."""

    async def keep_blocks(self, host: str, lessons: Sequence[BlockLesson]) -> list[BlockLesson]:
        """Join new lessons with what is kept of a host, and read what is known then."""

    async def keep_varying(self, site: str, parts: Sequence[str]) -> None:
        """Keep those of a site for the crawls to come; none removes what was kept."""
