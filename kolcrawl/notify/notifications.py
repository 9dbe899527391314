"""A notification: the events of one crawl, as JSON for programs and as text for people. Pure.

The JSON is in English, the text in the language of the process that sends it. Pages are hostile: their titles are cut
and stripped of control characters before they stand in a mail or a terminal.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from kolcrawl.locale import listed, mark, tr, translate_stored, word
from kolcrawl.report.quality import STORED_FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

EventName = Literal[
    "crawl_failed", "crawl_degraded", "site_blocked", "new_story", "title_changed", "text_changed", "story_gone",
    "story_returned",
]  # fmt: skip
EVENT_NAMES: Final[tuple[EventName, ...]] = get_args(EventName)
EVENT_LINES: Final[dict[EventName, str]] = {
    "crawl_failed": mark("crawl failed"),
    "crawl_degraded": mark("crawl degraded"),
    "site_blocked": mark("site blocked: {site}"),
    "new_story": mark("new story: {title}"),
    "title_changed": mark("title changed: {title}"),
    "text_changed": mark("text changed: {title}"),
    "story_gone": mark("story gone: {title}"),
    "story_returned": mark("story returned: {title}"),
}
EVENT_COUNTS: Final[dict[EventName, str]] = {
    "crawl_failed": mark("{n} crawl failed"),
    "crawl_degraded": mark("{n} crawl degraded"),
    "site_blocked": mark("{n} site blocked"),
    "new_story": mark("{n} new story"),
    "title_changed": mark("{n} title changed"),
    "text_changed": mark("{n} text changed"),
    "story_gone": mark("{n} story gone"),
    "story_returned": mark("{n} story returned"),
}
KILLED: Final = mark("it was killed, or its machine went down")
LAST_SIGN: Final = mark("its last sign of life: {time} UTC")
PAGES_REFUSED: Final = mark("{n} of {total} pages refused")
STORED_DETAILS: Final = (*STORED_FAULTS, KILLED, LAST_SIGN, PAGES_REFUSED)
"""What stands in the details of events, in English: by these it is translated for a mail."""
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
    """Visits by outcome; under `skipped` the stories that were seen and not read."""
    database: str | None = None
    """Name of the database; None in a notification that an earlier version stored."""

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
        parts = listed(tr(EVENT_COUNTS[name], n=n) for name, n in counts.items() if n)
        return safe_line(tr("kolcrawl {name}: {events}", name=self.schedule or self.spider, events=parts))

    def text(self) -> str:
        """Write the notification for people."""
        crawl = self.crawl or tr("(not stored)")
        line = tr(
            "crawl {crawl}, {quality} ({reason})", crawl=crawl, quality=word(self.quality), reason=word(self.reason)
        )
        lines = [line, tr("database {name}", name=self.database)] if self.database else [line]
        counts = listed(tr("{n} {outcome}", n=n, outcome=word(outcome)) for outcome, n in self.counts.items())
        lines.append(counts or tr("no page was requested"))
        for event in self.events:
            lines += ["", *_event_lines(event)]
        if self.left_out:
            lines += ["", tr("and more than these {n}", n=MAX_NOTIFIED_EVENTS)]
        return "\n".join(lines) + "\n"


def _event_lines(event: CrawlEvent) -> Iterator[str]:
    yield tr(EVENT_LINES[event.event], site=event.site or "", title=safe_line(event.title or "")).rstrip()
    if event.url:
        yield f"  {safe_line(event.url)}"
    if event.before:
        yield "  " + tr("before: {title}", title=safe_line(event.before))
    for line in event.detail:
        yield f"  {translate_stored(safe_line(line), STORED_DETAILS)}"


def safe_line(text: str) -> str:
    """Reduce a text to one line of at most `MAX_LINE_CHARS`, without control and direction characters."""
    line = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") else c for c in text)
    line = " ".join(line.split())
    return line if len(line) <= MAX_LINE_CHARS else line[: MAX_LINE_CHARS - 1] + "…"
