"""python -m kolcrawl.sample: serve the sample, or a grown web, in a process of its own.

Prints what to set and where to start; with --truth, writes what a crawl should find. Ends with Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from kolcrawl.sample import SiteServer, Weather, grow, sample_web


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m kolcrawl.sample", description="Serve a small news web as a proxy.")
    parser.add_argument("--pages", type=int, help="grow a web of so many stories; the hand-written sample if left out")
    parser.add_argument("--seed", type=int, default=1, help="of the grown web (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--latency", type=float, default=0, metavar="SECONDS", help="wait before each answer")
    parser.add_argument(
        "--failures", type=float, default=0, metavar="SHARE", help="share of requests that fail, 0 to 1"
    )
    parser.add_argument("--truth", type=Path, help="write the stories here, one JSON object a line")
    given = parser.parse_args(arguments)
    site = grow(given.pages, given.seed) if given.pages else sample_web()
    if given.truth:
        rows = (json.dumps(asdict(story), ensure_ascii=False, default=str) + "\n" for story in site.truth.values())
        given.truth.write_text("".join(rows), encoding="utf-8")
    weather = Weather(latency=given.latency, failures=given.failures)
    try:
        server = SiteServer(site, weather, given.port)
    except OSError as error:
        parser.error(f"port {given.port} cannot be used ({error.strerror}); leave --port out to take a free one")
    with server:
        print(f"{len(site.truth)} stories; set http_proxy={server.proxy}; start at", *site.seeds, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"{len(server.log)} requests", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
