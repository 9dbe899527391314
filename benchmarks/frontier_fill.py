"""What a URL takes in the memory of the Redis that is a frontier: known, and waiting."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))
from typing import TYPE_CHECKING

from kolcrawl.frontier.shared.redis_frontier import FP_BYTES, MAX_OPERATIONS, RedisFrontier
from kolcrawl.frontier.shared.request_text import shorten_text
from kolcrawl.frontier.shared.worker_words import WorkerWords

if TYPE_CHECKING:
    import redis

TEXT = shorten_text(
    '{"url":"https://%s","callback":"parse_story","errback":"record_failure","meta":{"story":"%s",'
    '"handle_httpstatus_list":[304],"anchor":"A headline of a common length, as lists have them"},"priority":-12,'
    '"cb_kwargs":{"found_on":"0123456789abcdef0123456789abcdef","kind":"related","depth":2,"path":0.5371649203715}}'
)
"""A request as workers write it, less its address and the key of its story."""


async def fill(url: str, client: redis.Redis, urls: int) -> None:
    """Push URLs and say of each that it was read, then measure; then leave as many waiting, and measure again."""
    frontier = RedisFrontier(url, "memory")
    await frontier.enter("related", "", "{}")
    empty = client.info("memory")["used_memory"]
    draw = Random(2)
    for at in range(0, urls, MAX_OPERATIONS):
        words = WorkerWords()
        for _ in range(min(MAX_OPERATIONS, urls - at)):
            words.also_read(draw.randbytes(FP_BYTES), 1)
        await frontier.settle(words.head(MAX_OPERATIONS))
    known = client.info("memory")["used_memory"]
    print(f"{urls:,} URLs known: {(known - empty) / urls:.1f} bytes each, {(known - empty) / 1e6:.0f} MB", flush=True)
    waiting = min(urls, 1_000_000)
    for at in range(0, waiting, MAX_OPERATIONS):
        words = WorkerWords()
        for n in range(at, min(at + MAX_OPERATIONS, waiting)):
            host = f"site{n % 1000}.example"
            fp = draw.randbytes(FP_BYTES)
            words.push(fp, host, host, 0, 1, TEXT % (f"{host}/news/2026/11/30/{n}.html", fp.hex()), again=False)
        await frontier.settle(words.head(MAX_OPERATIONS))
    after = client.info("memory")["used_memory"]
    print(f"{waiting:,} requests waiting: {(after - known) / waiting:.0f} bytes each, {(after - known) / 1e6:.0f} MB")
    await frontier.close()
