"""What real pages say of their own addresses, which of that is believed, and what a key costs (CPU time).

    python benchmarks/urls.py --corpus DIR

DIR holds folders with an index.jsonl and pages/<id>.html.gz. Prints every claim (rel=canonical, og:url) that names
another key than the page's own URL, with `believed` or `not`, then the time per link, for the links of all pages.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from pathlib import Path
from urllib.parse import urljoin

from lxml import etree, html

sys.path.insert(0, str(Path(__file__).parents[1]))

from kolcrawl.errors import UrlError
from kolcrawl.urls import identity as urls

CLAIMS = "//link[@rel='canonical']/@href | //meta[@property='og:url']/@content"


def main() -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    corpus: Path = parser.parse_args().corpus
    links: set[str] = set()
    same = believed = others = 0
    for index in sorted(corpus.rglob("index.jsonl")):
        for line in index.read_text("utf-8").splitlines():
            page = json.loads(line)
            body = gzip.decompress((index.parent / "pages" / f"{page['id']}.html.gz").read_bytes())
            try:
                tree = html.fromstring(body)
            except etree.ParserError:
                continue
            links.update(_usable(page["url"], href) for href in tree.xpath("//a/@href"))
            for claim in {_usable(page["url"], claim) for claim in tree.xpath(CLAIMS)} - {""}:
                if urls.story_key(claim) == urls.story_key(page["url"]):
                    same += 1
                    continue
                taken = urls.believed_canonical(page["url"], claim, None) != urls.canonical_url(page["url"])
                believed += taken
                others += not taken
                print(f"{'believed' if taken else 'not     '}  {page['url']}\n          {claim}")
    print(f"\n{same} claims name the page's own key, {believed} another that is believed, {others} one that is not")
    addresses = sorted(links - {""})
    for url in addresses:
        urls.story_key(url)  # once, so that hosts are known
    for name in ("canonical_url", "story_key"):
        call = getattr(urls, name)
        best = min(_seconds(call, addresses) for _ in range(5))
        print(f"{name}: {best / len(addresses) * 1e6:.1f} microseconds for each of {len(addresses)} links")


def _usable(page: str, link: str) -> str:
    try:
        return urls.canonical_url(urljoin(page, link.strip()))
    except (UrlError, ValueError):
        return ""


def _seconds(call: object, addresses: list[str]) -> float:
    for name in ("url_parts", "story_key"):
        getattr(urls, name).cache_clear()
    started = time.process_time()
    for url in addresses:
        call(url)  # type: ignore[operator]
    return time.process_time() - started


if __name__ == "__main__":
    main()
