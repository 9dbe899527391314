"""A web of single pages, each made by the test that needs it; `kolcrawl.sample.SiteServer` serves it.

A crawl that is to be stopped on its way gets its pages from a `HoldingServer`: it cannot come to its end before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape
from random import Random
from typing import Any
from urllib.parse import urlsplit

from kolcrawl.sample import SiteServer, Weather
from kolcrawl.sample.web import Answer
from tests.made_texts import chinese, english

Page = Answer | Callable[[str], Answer]
"""What an address answers; a function gets the URL."""


@dataclass
class SmallWeb:
    """Pages by URL. What is not listed goes to `otherwise`, else it is a 404."""

    pages: dict[str, Page] = field(default_factory=dict)
    otherwise: Callable[[str], Answer] | None = None

    def answer(self, url: str, asked: object = None) -> Answer:
        """Answer a GET."""
        if urlsplit(url).path == "/robots.txt":
            return Answer(404, {"Content-Type": "text/plain"}, b"none")
        page = self.pages.get(url)
        if page is None and self.otherwise is not None:
            page = self.otherwise
        if page is None:
            return html("<h1>404</h1>", status=404)
        return page(url) if callable(page) else page


class HoldingServer(SiteServer):
    """A server that answers so many pages at once, and the others when `go_on` is set; robots.txt is always answered.

    However late a test sees how far a crawl has come, the crawl is still under way.
    """

    def __init__(self, site: Any, weather: Weather | None = None, *, pages: int) -> None:
        super().__init__(site, weather)
        self.go_on = threading.Event()
        self._left = pages

    def hold(self, pages: int) -> None:
        """Let go of what is held, and hold again when so many more pages were answered."""
        with self._lock:
            self.go_on.set()
            self.go_on, self._left = threading.Event(), pages

    def planned_failure(self, url: str) -> int | None:
        """Hold a page back; a held one has the failure that was planned for it."""
        if not url.endswith("/robots.txt"):
            with self._lock:
                self._left -= 1
                held = self.go_on if self._left < 0 else None
            if held:
                held.wait(300)
        return super().planned_failure(url)

    def stop(self) -> None:
        """Let go of what is held, and stop."""
        self.go_on.set()
        super().stop()


def html(body: str, *, status: int = 200, title: str | None = None, head: str = "", **headers: str) -> Answer:
    """A page; underscores in the names of headers stand for dashes."""
    named = f"<title>{escape(title or '')}</title>"
    page = f'<!DOCTYPE html><html><head><meta charset="utf-8">{named}{head}</head><body>{body}</body></html>'
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"Content-Type": "text/html; charset=utf-8", **given}, page.encode())


def redirect(to: str, status: int = 302) -> Answer:
    """An answer that leads elsewhere."""
    return Answer(status, {"Location": to, "Content-Type": "text/html"}, b"")


def article(
    title: str,
    links: Iterable[tuple[str, str]] = (),
    *,
    seed: int = 0,
    head: str = "",
    han: bool = False,
    canonical: str | None = None,
    text: str | None = None,
) -> Answer:
    """A news story of some paragraphs with a list of related stories.

    Args:
        links: addresses and texts of the related list.
        seed: the same makes the same text.
        canonical: what the page claims as its address.
    """
    make = chinese if han else english
    sentences = make(900 if han else 2400, Random(seed or title))
    paragraphs = [text] if text else ["".join(sentences[at : at + 4]) for at in range(0, len(sentences), 4)]
    day = f"2026-03-{Random(title).randint(1, 28):02d}T09:10:00+08:00"
    listed = "".join(f'<li><a href="{escape(url)}">{escape(words)}</a></li>' for url, words in links)
    heading = "相关阅读" if han else "Related articles"
    claim = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    return html(
        f'<header><a href="/">Home</a></header><article><h1>{escape(title)}</h1><p class="byline">By Ada Quill</p>'
        f'<time datetime="{day}">{day}</time>'
        + "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
        + f'</article><section class="related"><h3>{heading}</h3><ul>{listed}</ul></section>',
        title=title,
        head=f'<meta property="article:published_time" content="{day}">{claim}{head}',
    )
