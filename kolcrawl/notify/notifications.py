"""What of a crawl is worth telling somebody, and how it is put: as JSON for programs, as text for people. Pure.

Pages are hostile: titles are cut and stripped of control characters before they stand in a mail or a terminal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kolcrawl.report.counts import CrawlCounts

EventName = Literal["crawl_failed", "crawl_degraded", "site_blocked", "new_story", "title_changed", "story_gone"]
EVENTS: Final[tuple[EventName, ...]] = (
    "crawl_failed", "crawl_degraded", "site_blocked", "new_story", "title_changed", "story_gone",
)  # fmt: skip
MAX_EVENTS: Final = 200  # in one notice; the network has them all
BLOCKS: Final = frozenset(
    {"blocked", "http_401", "http_403", "http_412", "http_418", "http_429", "http_451", "http_999", "site_paused"}
)
"""Reasons by which a site keeps us out."""
ENOUGH_BLOCKS: Final = 3  # refused pages of a site that has answered others; fewer are dead or private pages
MAX_TEXT: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened."""

    event: EventName
    site: str | None = None
    url: str | None = None
    key: str | None = None
    """Of the story."""
    title: str | None = None
    before: str | None = None
    """`title_changed`: the earlier title."""
    relevance: float | None = None
    detail: tuple[str, ...] = ()
    """`crawl_*`: what is wrong, a line each; `site_blocked`: how many pages were refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What one crawl has to tell."""

    crawl: str | None
    """Its id; None if the database could not be used."""
    spider: str
    job: str | None
    schedule: str | None
    at: datetime
    reason: str
    """Scrapy's finish reason, or ours."""
    quality: str
    events: tuple[Event, ...]
    left_out: bool = False
    """Whether there are more events than `MAX_EVENTS`."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Visits by outcome."""

    @property
    def id(self) -> str:
        """The same each time this notice is sent, so that a receiver can drop what it has."""
        told = f"{self.crawl} {self.job} {self.spider} {self.at:%Y-%m-%dT%H:%M:%S}"
        return hashlib.sha256(told.encode()).hexdigest()[:32]

    def to_json(self) -> bytes:
        """For programs; docs/scrapyd.md has the fields."""
        told: dict[str, Any] = {"id": self.id} | asdict(self)
        told["at"] = self.at.isoformat(timespec="seconds")
        told["events"] = [{name: v for name, v in event.items() if v not in (None, ())} for event in told["events"]]
        return json.dumps(told, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Notice:
        """The notice that `to_json` wrote, with the same `id`.

        Raises:
            ValueError, KeyError, TypeError: it is none.
        """
        told = {name: value for name, value in json.loads(text).items() if name != "id"}
        events = tuple(Event(**{**event, "detail": tuple(event.get("detail", ()))}) for event in told["events"])
        return cls(**{**told, "at": datetime.fromisoformat(told["at"]), "events": events})

    def subject(self) -> str:
        """One line."""
        counted = {name: sum(event.event == name for event in self.events) for name in EVENTS}
        parts = [f"{n} {name.replace('_', ' ')}" for name, n in counted.items() if n]
        return _line(f"kolcrawl {self.schedule or self.spider}: {', '.join(parts)}")

    def text(self) -> str:
        """For people."""
        lines = [f"crawl {self.crawl or '(not stored)'}, {self.quality} ({self.reason})"]
        lines.append(", ".join(f"{n} {outcome}" for outcome, n in self.counts.items()) or "no page was asked for")
        for event in self.events:
            what = event.event.replace("_", " ")
            if event.url:
                lines += ["", f"{what}: {_line(event.title or '')}", f"  {_line(event.url)}"]
                if event.before:
                    lines.append(f"  before: {_line(event.before)}")
            else:
                lines += ["", f"{what}{': ' + event.site if event.site else ''}"]
            lines += [f"  {_line(line)}" for line in event.detail]
        if self.left_out:
            lines += ["", f"and more than these {MAX_EVENTS}"]
        return "\n".join(lines) + "\n"


def crawl_events(quality: str, why: Iterable[str]) -> list[Event]:
    """The event of a crawl that did not go well."""
    lines = tuple(_line(line) for line in why)
    if quality == "failed":
        return [Event(event="crawl_failed", detail=lines)]
    return [Event(event="crawl_degraded", detail=lines)] if quality == "degraded" else []


def blocked_events(blocked: Mapping[str, int], counts: CrawlCounts) -> list[Event]:
    """The sites that keep us out.

    Args:
        blocked: by site, the pages that failed for one of `BLOCKS`.
        counts: of the whole crawl.
    """
    events = []
    for site, pages in sorted(blocked.items()):
        row = counts.sites.get(site)
        had = row.pages + row.unchanged if row else 0
        if pages >= ENOUGH_BLOCKS or not had:
            events.append(Event(event="site_blocked", site=site, detail=(f"{pages} of {had + pages} pages refused",)))
    return events


def story_event(event: EventName, story: Mapping[str, Any], before: str | None = None) -> Event:
    """What happened to a story, from its document."""
    return Event(
        event=event,
        site=story.get("site"),
        url=story.get("url"),
        key=story.get("_id"),
        title=_line(story.get("title") or ""),
        before=_line(before) if before else None,
        relevance=story.get("relevance"),
    )


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`sha256=` and the HMAC (RFC 2104) of the timestamp, a full stop and the body, in hex.

    A receiver computes the same, compares by `hmac.compare_digest`, and refuses old timestamps.
    """
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _line(text: str) -> str:
    """One line of bounded length, without control and direction characters."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") else c for c in text)
    kept = " ".join(kept.split())
    return kept if len(kept) <= MAX_TEXT else kept[: MAX_TEXT - 1] + "…"
