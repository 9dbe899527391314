"""A notification: the events of one crawl, as JSON for programs and as text for people. Pure.

Pages are hostile: their titles are cut and stripped of control characters before they stand in a mail or a terminal.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

EventName = Literal["crawl_failed", "crawl_degraded", "site_blocked", "new_story", "title_changed", "story_gone"]
EVENT_NAMES: Final[tuple[EventName, ...]] = (
    "crawl_failed", "crawl_degraded", "site_blocked", "new_story", "title_changed", "story_gone",
)  # fmt: skip
MAX_NOTIFIED_EVENTS: Final = 200  # of one notification; the network has them all
MAX_LINE_CHARS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlEvent:
    """One thing that happened."""

    event: EventName
    site: str | None = None
    url: str | None = None
    key: str | None = None
    """Key of the story."""
    title: str | None = None
    before: str | None = None
    """The earlier title, of `title_changed`."""
    relevance: float | None = None
    detail: tuple[str, ...] = ()
    """Of `crawl_*`, what is wrong, one line each; of `site_blocked`, how many pages were refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """The events of one crawl."""

    crawl: str | None
    """Id of the crawl; None if the database could not be used."""
    spider: str
    job: str | None
    schedule: str | None
    at: datetime
    reason: str
    """Scrapy's finish reason, or one of the project's own."""
    quality: str
    events: tuple[CrawlEvent, ...]
    left_out: bool = False
    """Whether there are more events than `MAX_NOTIFIED_EVENTS`."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Visits by outcome."""

    @property
    def id(self) -> str:
        """The same whenever this notification is sent, so that a receiver can discard a second copy."""
        source = f"{self.crawl} {self.job} {self.spider} {self.at:%Y-%m-%dT%H:%M:%S}"
        return hashlib.sha256(source.encode()).hexdigest()[:32]

    def to_json(self) -> bytes:
        """Write the notification for programs; docs/scrapyd.md lists the fields."""
        fields: dict[str, Any] = {"id": self.id} | asdict(self)
        fields["at"] = self.at.isoformat(timespec="seconds")
        fields["events"] = [{name: v for name, v in event.items() if v not in (None, ())} for event in fields["events"]]
        return json.dumps(fields, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Notification:
        """Read the notification that `to_json` wrote; its `id` is the same.

        Raises:
            ValueError, KeyError, TypeError: the text is not a notification.
        """
        fields = {name: value for name, value in json.loads(text).items() if name != "id"}
        events = tuple(CrawlEvent(**{**event, "detail": tuple(event.get("detail", ()))}) for event in fields["events"])
        return cls(**{**fields, "at": datetime.fromisoformat(fields["at"]), "events": events})

    def subject(self) -> str:
        """Write the subject of a mail: how many events of each kind there are, in one line."""
        counts = {name: sum(event.event == name for event in self.events) for name in EVENT_NAMES}
        parts = [f"{n} {name.replace('_', ' ')}" for name, n in counts.items() if n]
        return safe_line(f"kolcrawl {self.schedule or self.spider}: {', '.join(parts)}")

    def text(self) -> str:
        """Write the notification for people."""
        lines = [f"crawl {self.crawl or '(not stored)'}, {self.quality} ({self.reason})"]
        lines.append(", ".join(f"{n} {outcome}" for outcome, n in self.counts.items()) or "no page was requested")
        for event in self.events:
            name = event.event.replace("_", " ")
            if event.url:
                lines += ["", f"{name}: {safe_line(event.title or '')}", f"  {safe_line(event.url)}"]
                if event.before:
                    lines.append(f"  before: {safe_line(event.before)}")
            else:
                lines += ["", f"{name}{': ' + event.site if event.site else ''}"]
            lines += [f"  {safe_line(line)}" for line in event.detail]
        if self.left_out:
            lines += ["", f"and more than these {MAX_NOTIFIED_EVENTS}"]
        return "\n".join(lines) + "\n"


def safe_line(text: str) -> str:
    """Reduce a text to one line of at most `MAX_LINE_CHARS`, without control and direction characters."""
    line = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") else c for c in text)
    line = " ".join(line.split())
    return line if len(line) <= MAX_LINE_CHARS else line[: MAX_LINE_CHARS - 1] + "…"
