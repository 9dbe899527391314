"""One reader over the pages of a site folder, in whatever environment has it; `peers.py` runs several.

    python benchmarks/peer_read.py {kolcrawl,trafilatura,trafilatura-fast,newspaper4k,news-please} --site FOLDER

Prints one JSON object: processor seconds and pages, and in how many a title, a date, authors and a text were found.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Fields = tuple[Any, Any, Any, Any]
"""Title, date, authors, text."""


def kolcrawl() -> Callable[[bytes, str], Fields]:
    """Read pages with kolcrawl: facts, related links and cleaning."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from datetime import UTC, datetime

    from kolcrawl.page import read_page
    from kolcrawl.story.clean import clean_story
    from kolcrawl.story.from_page import story_from_page

    def read(body: bytes, url: str) -> Fields:
        now = datetime.now(UTC)
        item = clean_story(story_from_page(read_page(body, url, now=now), requested_url=url, visited_at=now))
        return item.title, item.published_at, item.authors, item.text

    return read


def trafilatura(fast: bool = False) -> Callable[[bytes, str], Fields]:
    """Extract with metadata, as its documentation shows it."""
    from trafilatura import bare_extraction

    def read(body: bytes, url: str) -> Fields:
        found = bare_extraction(body, url=url, with_metadata=True, fast=fast)
        return (found.title, found.date, found.author, found.text) if found else (None, None, None, None)

    return read


def newspaper4k() -> Callable[[bytes, str], Fields]:
    """Its article, parsed from text that is there."""
    from newspaper import Article

    def read(body: bytes, url: str) -> Fields:
        article = Article(url, fetch_images=False)  # which it would do on the live web
        article.download(input_html=body.decode("utf-8", "replace"))
        article.parse()
        return article.title, article.publish_date, article.authors, article.text

    return read


def news_please() -> Callable[[bytes, str], Fields]:
    """Its own extraction from text that is there."""
    from newsplease import NewsPlease

    def read(body: bytes, url: str) -> Fields:
        found = NewsPlease.from_html(body.decode("utf-8", "replace"), url=url, fetch_images=False)
        return found.title, found.date_publish, found.authors, found.maintext

    return read


READERS: dict[str, Callable[[], Callable[[bytes, str], Fields]]] = {
    "kolcrawl": kolcrawl,
    "trafilatura": trafilatura,
    "trafilatura-fast": lambda: trafilatura(fast=True),
    "newspaper4k": newspaper4k,
    "news-please": news_please,
}


def main() -> None:
    """Read the pages twice; the first few warm up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", choices=READERS)
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--pages", type=int, default=100)
    given = parser.parse_args()
    rows = [json.loads(line) for line in (given.site / "index.jsonl").read_text("utf-8").splitlines()][: given.pages]
    pages = [(gzip.decompress((given.site / row["file"]).read_bytes()), row) for row in rows]
    # every reader gets UTF-8, so that none is judged by its guess of the encoding
    texts = [(body.decode(row.get("charset") or "utf-8", "replace").encode(), row["url"]) for body, row in pages]
    read = READERS[given.reader]()
    for body, url in texts[:10]:
        read(body, url)
    found = [0, 0, 0, 0]
    began = time.process_time()
    for body, url in texts:
        for place, value in enumerate(read(body, url)):
            found[place] += bool(value)
    print(json.dumps({"cpu": time.process_time() - began, "pages": len(texts), "found": found}))


if __name__ == "__main__":
    main()
