"""A real Chromium that opens the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

expect.set_options(timeout=60_000)  # milliseconds: a busy machine draws late, and that is no fault of the page

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Visit:
    """A page with what it asked for and what went wrong in it."""

    def __init__(self, browser: Browser, address: str, locale: str = "en-GB", **options: Any) -> None:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        self.context = browser.new_context(locale=locale, timezone_id="Asia/Shanghai", **options)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(address)
        self.page.locator(".work").wait_for()
        self.page.locator(".map-waiting").wait_for(state="detached")
        self.page.locator(".map-draft").wait_for(state="detached")

    def shown(self) -> int:
        """Read how many stories are shown."""
        found = re.search(r"[\d,]+", self.page.locator("#list").inner_text())
        assert found
        return int(found[0].replace(",", ""))

    def shows(self, number: int) -> None:
        """Wait until so many stories are shown."""
        expect(self.page.locator("#list")).to_contain_text(re.compile(rf"(?<![\d,]){number:,} of "))

    def close(self) -> None:
        """Close the page; nothing may have gone wrong in it."""
        pwned = self.page.evaluate("window.pwned")
        self.context.close()
        assert pwned is None
        assert not self.errors


def watch_words(page: Page) -> None:
    """Load the page again so that `words` holds what is written on the map."""
    page.add_init_script(
        """window.words = [];
        const write = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (...given) {
          window.words.push(given[0]);
          return write.apply(this, given);
        };"""
    )
    page.reload()
    page.locator(".sentences").wait_for()
