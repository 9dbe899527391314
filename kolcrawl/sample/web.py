"""A small news web in memory: its stories, what each address answers, and the network a crawl should find in it."""

from __future__ import annotations

import hashlib
import zlib
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kolcrawl.sample.render import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kolcrawl.sample.sample_story import SampleStory

CACHED_PAGES = 10_000
"""Pages kept after they were rendered; a larger web renders the others anew for each request."""


@dataclass(slots=True)
class Answer:
    """An answer to a request."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


@dataclass(slots=True)
class SampleWeb:
    """A whole web; `seeds` are the URLs with which a crawl starts."""

    truth: dict[str, SampleStory]
    """Each story that can be read, by URL, in the order in which they were made."""
    seeds: tuple[str, ...]
    gone: dict[str, int] = field(default_factory=dict)
    """URLs without a story, with the status (404, 410, 503...) of their answer."""
    redirects: dict[str, str] = field(default_factory=dict)
    """URLs that redirect to another."""
    forbidden: tuple[str, ...] = ()
    """URLs that the robots.txt of their host forbids; their stories can be read all the same."""
    disguised: float = 0.0
    """Share of links that write their target in another way: with tracking parameters, `www.`, a mobile host..."""
    titles: dict[str, str] = field(default_factory=dict)
    """Anchor texts for addresses that are no story."""
    changed: dict[str, datetime] = field(default_factory=dict)
    """When a story was last changed; unchanged ones count from their publication."""
    _pages: dict[str, bytes] = field(default_factory=dict)

    def title_of(self, url: str) -> str:
        """Return the text of a link to a URL."""
        return self.titles.get(url) or self.truth[url].title

    def href(self, page: str, to: str) -> str:
        """Return the address by which a page links to a target: the target's own, or a disguised one."""
        draw = zlib.crc32(f"{page} {to}".encode()) / 2**32
        if draw >= self.disguised or to not in self.truth:
            return to
        parts = urlsplit(to)
        ways = [
            f"{to}?utm_source=related&utm_medium=box",
            f"{to}#comments",
            parts._replace(netloc=f"www.{parts.netloc}").geturl(),
            parts._replace(netloc=f"m.{parts.netloc}").geturl(),
        ]
        return ways[int(draw / self.disguised * len(ways))]

    def plain(self, url: str) -> str:
        """Return the address that `truth` has for any way of writing it."""
        parts = urlsplit(url)
        host = parts.netloc.removeprefix("www.").removeprefix("m.")
        query = "&".join(pair for pair in parts.query.split("&") if not pair.startswith("utm_"))
        return parts._replace(netloc=host, query=query, fragment="").geturl()

    def change(self, url: str, **fields: Any) -> SampleStory:
        """Give a story other `fields` (title, paragraphs, related...); the page, its ETag and its date follow.

        Links to it keep the old anchor text, as on real sites.
        """
        self.titles.setdefault(url, self.truth[url].title)
        self.truth[url] = replace(self.truth[url], **fields)
        self.changed[url] = datetime.now(UTC)
        self._pages.pop(url, None)
        return self.truth[url]

    def remove(self, url: str, status: int = 410) -> None:
        """Take a story off the web; links to it stay."""
        self.titles.setdefault(url, self.truth.pop(url).title)
        self.gone[url] = status

    def reachable(self, seeds: Iterable[str] | None = None, depth: int = 2) -> dict[str, int]:
        """Find every address that a polite crawl asks for, with its fewest link steps from a seed, breadth first.

        Links of kind `related` are followed. Addresses that fail are counted, forbidden ones are not; a redirect and
        its target both are, at one depth.
        """
        steps = {url: 0 for url in (self.seeds if seeds is None else seeds) if url not in self.forbidden}
        queue = deque(steps)
        while queue:
            url = queue.popleft()
            if (target := self.redirects.get(url)) is not None:
                near = [(target, steps[url])]
            elif url in self.truth and steps[url] < depth:
                near = [(to, steps[url] + 1) for to in self.truth[url].linked]
            else:
                near = []
            for to, n in near:
                if to not in self.forbidden and n < steps.get(to, depth + 1):
                    steps[to] = n
                    queue.append(to)
        return steps

    def answer(self, url: str, asked: Mapping[str, str] | None = None) -> Answer:
        """Answer a GET.

        Args:
            url: absolute, in any way of writing it.
            asked: request headers, names in lower case.
        """
        url = self.plain(url)
        if urlsplit(url).path == "/robots.txt":
            return Answer(200, {"Content-Type": "text/plain; charset=utf-8"}, self._robots(url).encode())
        if url in self.redirects:
            return Answer(301, {"Location": self.redirects[url], "Content-Type": "text/html"})
        if url not in self.truth:
            status = self.gone.get(url, 404)
            return Answer(status, {"Content-Type": "text/html; charset=utf-8"}, f"<h1>{status}</h1>".encode())
        story = self.truth[url]
        body = self._pages.get(url)
        if body is None:
            body = render(story, self.title_of, self.href)
            if len(self._pages) < CACHED_PAGES:
                self._pages[url] = body
        changed = self.changed.get(url, story.published).replace(microsecond=0)
        headers = {
            "Content-Type": "text/html" if story.encoding else "text/html; charset=utf-8",
            "ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"',
            "Last-Modified": format_datetime(changed.astimezone(UTC), usegmt=True),
        }
        if _unchanged(asked or {}, headers["ETag"], changed):
            return Answer(304, headers)
        return Answer(200, headers, body)

    def _robots(self, url: str) -> str:
        host = urlsplit(url).netloc
        paths = [urlsplit(page).path for page in self.forbidden if urlsplit(page).netloc == host]
        return "\n".join(["User-agent: *", *(f"Disallow: {path}" for path in paths), "Allow: /", ""])


def _unchanged(asked: Mapping[str, str], etag: str, changed: datetime) -> bool:
    """Tell whether the asker has this version (RFC 9110, 13.2.2: an entity tag is stronger than a date)."""
    if tags := asked.get("if-none-match"):
        return etag in tags or tags.strip() == "*"
    if since := asked.get("if-modified-since"):
        try:
            return changed <= parsedate_to_datetime(since)
        except (ValueError, TypeError):
            return False
    return False
