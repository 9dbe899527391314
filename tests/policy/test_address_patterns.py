"""Forms of address that give nothing new."""

from __future__ import annotations

from datetime import UTC, datetime

from kolcrawl.items import StoryItem
from kolcrawl.policy.address_patterns import MIN_WASTED, AddressPatterns

NOW = datetime(2026, 3, 10, tzinfo=UTC)


def item(url: str, title: str, outcome: str = "fetched", reason: str | None = None) -> StoryItem:
    """A page as it was read."""
    return StoryItem(
        key="0" * 32, url=url, requested_url=url, site="e.org", outcome=outcome, reason=reason, visited_at=NOW,
        title=title,
    )  # type: ignore[arg-type]  # fmt: skip


def spent_after(pages: list[tuple[str, StoryItem]]) -> int | None:
    """After how many pages their form is spent."""
    patterns = AddressPatterns()
    for number, (url, page) in enumerate(pages, 1):
        if patterns.note(url, page, known=False):
            assert patterns.is_spent(url)
            return number
    return None


def test_the_same_few_stories_again_and_again() -> None:
    """Addresses with a new word each, behind which eight headlines are, are left after some more than two dozen."""
    urls = [f"https://e.org/v{n:x}x/a/{4000 + n % 8}.html" for n in range(200)]
    spent = spent_after([(url, item(url, f"Decision number {n % 8}")) for n, url in enumerate(urls)])
    assert spent is not None
    assert MIN_WASTED < spent <= 2 * MIN_WASTED
    lists = [f"https://e.org/days/2026-{n:03d}?p={n}" for n in range(40)]
    assert spent_after([(url, item(url, "Days", "failed", "no_article")) for url in lists]) == MIN_WASTED


def test_what_is_not_spent() -> None:
    """Stories that are new each, that are gone, or behind which the server fails, however many; and other forms."""
    urls = [f"https://e.org/a/{4000 + n}.html" for n in range(200)]
    assert spent_after([(url, item(url, f"Decision number {url}")) for url in urls]) is None
    assert spent_after([(url, item(url, "Gone", "gone", "withdrawn")) for url in urls]) is None
    assert spent_after([(url, item(url, "", "failed", "http_503")) for url in urls]) is None
    patterns = AddressPatterns()
    for url in urls:
        patterns.note(url, item(url, "The same"), known=True)
    assert patterns.is_spent("https://e.org/a/9.html") is False  # a short number is another form
    assert patterns.is_spent("https://e.org/a/5000.html?id=1") is False
    assert patterns.is_spent("https://e.org/a/5000.html") is True
