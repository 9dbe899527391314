"""One story of the sample web, with the truth that tests compare a crawl with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleStory:
    """A story of the web, and the truth about it."""

    url: str
    title: str
    topic: str
    """Stories of one topic are about the same affair."""
    lang: str
    paragraphs: tuple[str, ...]
    """The body, without anything that the page puts around it."""
    published: datetime
    """Aware, to the minute."""
    related: tuple[str, ...] = ()
    """The block at the page's end, in its order."""
    read_also: str | None = None
    """The link inside the body."""
    authors: tuple[str, ...] = ()
    origin: str | None = None
    """The outlet it was reprinted from, as printed."""
    copy_of: str | None = None
    """URL of the story whose text it repeats, perhaps with small edits."""
    tags: tuple[str, ...] = ()
    popular: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    """Of the last block: random stories of the site or its latest, as the site does it."""
    encoding: str | None = None
    """Python codec name of the page; None: the site's own."""

    @property
    def host(self) -> str:
        """Host of `url`."""
        return urlsplit(self.url).hostname or ""

    @property
    def body(self) -> str:
        """The text as it is to be stored: paragraphs split by newlines."""
        return "\n".join(self.paragraphs)

    @property
    def linked(self) -> tuple[str, ...]:
        """Targets of all links of kind `related`, each once."""
        callout = (self.read_also,) if self.read_also else ()
        return tuple(dict.fromkeys((*callout, *self.related)))
