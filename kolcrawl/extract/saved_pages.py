"""Saved pages: a page's bytes beside what was read off them, as a test that a person has reviewed.

A saved page is two files, `<site>/<date>-<slug>.html.gz` and the same with `.json`: its `url`, its `content_type`, the
moment it was saved (which relative dates count from), and `read`: what kolcrawl reads off it. Whoever saves a page
looks through `read`, mends what is wrong, and from then on `differences` tells when the reading changes.
"""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from kolcrawl.errors import ArgumentError
from kolcrawl.page import SiteRules, read_page
from kolcrawl.story.clean import clean_story
from kolcrawl.story.from_page import story_from_page
from kolcrawl.system.files import replacing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kolcrawl.items import StoryItem

MAX_SLUG_BYTES = 100
"""Of a file name, which may have 255 bytes on most file systems."""


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A page with the reading that was reviewed."""

    file: Path
    """The JSON file."""
    url: str
    content_type: str | None
    saved_at: datetime
    """Aware."""
    read: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The page's bytes, as they were served."""
        return gzip.decompress(self.file.with_suffix(".html.gz").read_bytes())


def save_page(
    folder: Path, site: str, body: bytes, url: str, content_type: str | None, rules: SiteRules, now: datetime
) -> Path:
    """Write a page and its reading, both files or neither.

    Args:
        folder: where saved pages are kept.
        site: name of the folder inside it.
        body: the page as served.
        url: absolute, as fetched.
        content_type: of the answer.
        rules: of the site.
        now: the moment it was fetched, aware.

    Returns: the JSON file, to be reviewed.

    Raises:
        PageError: the page cannot be read.
        ArgumentError: a page of that name was saved before.
        OSError: the files cannot be written.
    """
    read = reading(body, url, content_type, rules, now)
    file = folder / site / f"{now:%Y-%m-%d}-{slug_of(url)}.json"
    if file.exists():
        raise ArgumentError("{file}: was saved before; delete it and its .html.gz to save it anew", file=file)
    content = {"url": url, "content_type": content_type, "saved_at": now.isoformat(timespec="seconds"), "read": read}
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    with replacing([file.with_suffix(".html.gz"), file]) as (packed, described):
        packed.write(gzip.compress(body, mtime=0))
        described.write(text.encode("utf-8", "replace"))  # a page's lone surrogates must not cost its test
    return file


def saved_pages(folder: Path) -> Iterator[SavedPage]:
    """Read all saved pages below a folder, in the order of their names.

    Raises:
        ArgumentError: a JSON file is not that of a saved page.
    """
    for file in sorted(folder.rglob("*.json")):
        try:
            row = json.loads(file.read_text(encoding="utf-8"))
            saved_at = datetime.fromisoformat(row["saved_at"])
            yield SavedPage(file, row["url"], row.get("content_type"), saved_at, row["read"])
        except (ValueError, KeyError, TypeError) as error:
            raise ArgumentError(
                "{file}: is not a saved page ({error!r}); save it anew with scrapy savepage", file=file, error=error
            ) from None


def differences(page: SavedPage, rules: SiteRules) -> list[str]:
    """List what is read differently now than when it was reviewed, one line each."""
    now = reading(page.body, page.url, page.content_type, rules, page.saved_at)
    return [f"{name}: {now.get(name)!r}, not {value!r}" for name, value in page.read.items() if now.get(name) != value]


def reading(body: bytes, url: str, content_type: str | None, rules: SiteRules, now: datetime) -> dict[str, Any]:
    """Read what a person reviews: the story's facts, how its text begins and ends, and its links by block."""
    headers = {"content-type": content_type} if content_type else None
    item = clean_story(
        story_from_page(read_page(body, url, headers, rules, now=now), requested_url=url, visited_at=now)
    )
    text = item.text or ""
    return {
        "title": item.title,
        "published_at": item.published_at.isoformat() if item.published_at else None,
        "authors": item.authors,
        "origin": item.origin,
        "lang": item.lang,
        "tags": item.tags,
        "text_chars": len(text),
        "text_begins": text[:80],
        "text_ends": text[-80:],
        "links": _links(item),
    }


def _links(item: StoryItem) -> list[dict[str, Any]]:
    """Group the links by block: kind, heading, and the anchor and URL of each story."""
    blocks: list[dict[str, Any]] = []
    for link in item.links:
        last = blocks[-1] if blocks else None
        if last is None or (last["kind"], last["heading"]) != (link.kind, link.heading):
            last = {"kind": link.kind, "heading": link.heading, "stories": []}
            blocks.append(last)
        last["stories"].append(f"{link.anchor} <{link.url}>")
    return blocks


def slug_of(url: str) -> str:
    """Make a file name for a URL: what its path and query end with, in letters, digits and hyphens, cut by bytes."""
    parts = urlsplit(url)
    words = re.findall(r"\w+", unquote(parts.path + " " + parts.query))
    slug = "-".join(words).lower().encode("utf-8", "ignore")[-MAX_SLUG_BYTES:].decode("utf-8", "ignore")
    return slug.strip("-") or "front"
