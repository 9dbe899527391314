"""Read one page to JSON, or the pages of a folder, without a crawl or a database: the work of `scrapy extract`."""

from __future__ import annotations

import gzip
import json
import logging
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kolcrawl.errors import ArgumentError, KolcrawlError, UrlError
from kolcrawl.page import SiteRules, parse_document, read_page
from kolcrawl.page.facts.meta import read_markup
from kolcrawl.page.site_rules import NO_RULES
from kolcrawl.story.clean import clean_story
from kolcrawl.story.fingerprint import fingerprint_story
from kolcrawl.story.from_page import story_from_page
from kolcrawl.story.validate import validate_story
from kolcrawl.urls.identity import url_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UNKNOWN_URL = "https://unknown.invalid/"  # RFC 2606: no such host will ever be
logger = logging.getLogger(__name__)


def extract_page(
    body: bytes, url: str, headers: Mapping[str, str] | None = None, rules: SiteRules = NO_RULES
) -> dict[str, Any]:
    """Read one page.

    A page that was stored without its address is read under the one that it gives itself.

    Returns: `url`, `story` and `links`; or `url` and `error` for a page that cannot be read. Never raises for
    anything that a page can hold.
    """
    now = datetime.now(UTC)
    asked = url
    try:
        url = asked if _is_address(asked) else _own_address(body) or asked
        page = read_page(body, url, headers, rules, now=now)
        item = clean_story(story_from_page(page, requested_url=url, visited_at=now))
    except KolcrawlError as error:
        if trace := getattr(error, "trace", None):
            logger.debug("%s", trace)
        return {"url": asked, "error": str(error), "reason": getattr(error, "reason", None)}
    except Exception as error:  # any: pages are stranger than we foresee, and the next one is to be read
        return {"url": asked, "error": f"{asked}: {type(error).__name__}: {error}", "reason": "bug"}
    list(validate_story(item))
    fingerprint_story(item)
    row: dict[str, Any] = {"url": asked}
    if item.outcome != "fetched":
        row["no_story"] = item.reason
    row["story"] = item.to_json()
    row["links"] = [
        {
            "url": link.url,
            "kind": link.kind,
            "heading": link.heading,
            "position": link.position,
            "anchor": link.anchor,
            "key": link.to,
        }
        for link in item.links
    ]
    return row


def _is_address(url: str) -> bool:
    try:
        url_parts(url)
    except UrlError:
        return False
    return True


def _own_address(body: bytes) -> str | None:
    """Find the address that a page gives itself, as canonical or og:url.

    Raises:
        PageError: the page cannot be parsed.
    """
    markup = read_markup(parse_document(body, UNKNOWN_URL))
    stated = (markup.canonical, markup.first("og:url"))
    return next((url for url in stated if url and _is_address(url) and not url.startswith(UNKNOWN_URL)), None)


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page of a folder: its row in index.jsonl and the file that holds its bytes."""

    id: str | None
    url: str
    file: Path

    def read(self) -> bytes:
        """Read the page's bytes, unpacked when the name ends in .gz.

        Raises:
            OSError: the file cannot be read, or is not gzip.
        """
        data = self.file.read_bytes()
        if self.file.suffix == ".gz":
            try:
                return gzip.decompress(data)
            except (EOFError, zlib.error) as error:
                raise OSError(f"damaged gzip: {error}") from error
        return data


def stored_pages(folder: Path) -> Iterator[StoredPage]:
    """List the pages of a folder with index.jsonl: JSON objects with `url` and `id` or `file`, one on each line.

    Raises:
        ArgumentError: there is no index.jsonl, or a line of it cannot be used.
    """
    index = folder / "index.jsonl"
    try:
        lines = index.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentError(
            "{index}: cannot be read ({error}); give a folder that holds index.jsonl", index=index, error=error
        ) from None
    for n, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            url = row["url"]
            file = folder / (row.get("file") or f"pages/{row['id']}.html.gz")
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ArgumentError(
                '{index}, line {n}: is no {{"url": ..., "id" or "file": ...}}', index=index, n=n
            ) from None
        yield StoredPage(row.get("id"), url, file)
