"""What earlier crawls know, as the spider sees it: the store answers, the spider knows no database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from kolcrawl.items import LinkItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A story that was read before."""

    url: str
    etag: str | None
    last_modified: str | None
    next_visit_at: datetime | None
    fetched_at: datetime | None = None
    """When its page was last had: `StoryItem.same_as` of an answer that it is unchanged."""
    content_hash: str | None = None
    visits: int = 0
    revisions: int = 0
    published_at: datetime | None = None
    first_seen: datetime | None = None


class StoryMemory(Protocol):
    """What a spider may ask."""

    async def known(self, keys: Iterable[str]) -> dict[str, Known]:
        """Those of the stories whose page was had before and is not known to be gone."""

    async def links_of(self, key: str) -> list[LinkItem]:
        """The links of a story as of its latest good visit."""

    async def text_of(self, key: str) -> tuple[str | None, str | None]:
        """Title and text of a story as of its latest good visit; None for what is not known."""
