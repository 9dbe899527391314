"""The steps of a crawl in Redis, each of them one script: `RedisFrontier`. Knows Redis and text, but no Scrapy.

scrapy-redis makes the connection, so what REDIS_PARAMS says holds. The client is the asynchronous one: nothing waits
for Redis but the task that asks. A step whose answer is lost may be done once more: `settle` is numbered, `pop` gives
back first what its lost answer held, the others do no harm twice.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from hashlib import sha1
from importlib import resources
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import redis.asyncio
from redis import exceptions as redis_errors
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from kolcrawl.frontier.shared.explain_redis import explain
from kolcrawl.frontier.shared.frontier_answers import Entered, Leased, LeaseWish, Popped, Settled
from kolcrawl.frontier.shared.frontier_errors import (
    FrontierError,
    FrontierGoneError,
    OtherTermsError,
    check_frontier_url,
)
from kolcrawl.frontier.shared.frontier_figures import FrontierFigures
from kolcrawl.frontier.shared.redis_clients import AsyncClient, learn_nodes, make_async_client
from kolcrawl.frontier.shared.seen_records import name_string, read_depth

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence


FP_BYTES = 12
"""Bytes of a fingerprint that are kept: of ten million requests, two would be taken for one in a run of 10^15."""
MAX_OPERATIONS = 1_000
"""Operations in one step of `settle`: some milliseconds of Redis, which others wait for."""
NO_FIELD = b"\n"
"""Name of the long field that each hash of many has (`enter.lua`)."""
_FUNCTIONS = {"settle": "ARGV, first, final", "pop": "ARGV, first"}
_CALLS = {"settle": "return settle(ARGV, 4, #ARGV)", "pop": "return pop(ARGV, 4)"}
_ANSWER_SECONDS = 5.0
_FEW_REQUESTS = 3
"""Requests of which Redis is not asked beforehand what it knows."""
_ITEM = 6
_REPEATED_SECONDS = 5.0


@cache
def script_text(name: str) -> str:
    """Read a script, with the beginning that all have in common; `settle` and `pop` are functions, for `exchange`."""
    folder = resources.files(__package__)
    used = ("common", "settle", "pop", name) if name == "exchange" else ("common", name)
    texts = {part: (folder / f"{part}.lua").read_text(encoding="utf-8") for part in used}
    for part, taken in _FUNCTIONS.items():
        if part in texts:
            texts[part] = f"local function {part}({taken})\n{texts[part]}end\n"
    return "".join(texts.values()) + _CALLS.get(name, "")


class RedisFrontier:
    """One worker's way to one crawl in Redis. All methods that ask Redis raise `FrontierError`s and nothing else."""

    def __init__(
        self,
        url: str,
        crawl: str,
        *,
        params: Mapping[str, Any] | None = None,
        lease: float = 30.0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Make it; nothing is connected yet.

        Args:
            url: redis:// or rediss://, with user and password where there are any.
            crawl: name of the crawl.
            params: further parameters of the client (REDIS_PARAMS).
            lease: seconds after which a request of a worker that says nothing goes to another.
            clock: seconds, in the place of Redis's own time, for simulations.

        Raises:
            ConfigError: the address has no form that can be used.
        """
        self.shown = check_frontier_url(url)
        self.crawl, self.lease = crawl, lease
        self._about = f"{{{crawl}}}:about"
        self.worker = uuid4().hex[:12]
        self._clock = clock
        self._id = ""
        self._serial = self._batch = 0
        self._figures = FrontierFigures()
        self._answer_lost = False
        self._recent: deque[tuple[int, float, list[Any]]] = deque()
        """Steps of the last seconds, by number and monotonic time: Redis loses a second when it is killed."""
        self._url = url
        self._params: dict[str, Any] = {
            "socket_timeout": _ANSWER_SECONDS,
            "socket_connect_timeout": _ANSWER_SECONDS,
            "health_check_interval": 30,
            "retry": Retry(NoBackoff(), 0),  # a repeated `pop` would lose what the first one leased
            **(params or {}),
        }
        try:
            self.client: AsyncClient = make_async_client(url, self._params)
        except (TypeError, ValueError) as error:
            what = str(error).replace(url, self.shown)
            raise FrontierError("FRONTIER_URL={url}: {error}", url=self.shown, error=what) from None
        self._scripts = {name: self._step_of(name) for name in ("enter", "pop", "settle", "exchange", "renew", "leave")}

    async def check(self) -> None:
        """Check that Redis answers, and that it will not throw requests away when its memory is full.

        From then on, the other nodes of a cluster, or the other Sentinels, are known.
        """
        async with self._explained():
            if isinstance(self.client, redis.asyncio.Redis):
                self.client = await learn_nodes(self.client, self._url, self._params)
            there: dict[str, Any] = {}
            if isinstance(self.client, redis.asyncio.RedisCluster):
                await self.client.initialize()
                there = {"target_nodes": self.client.get_node_from_key(self._about)}
            memory = await self.client.info("memory", **there)
        policy = memory.get("maxmemory_policy", "noeviction")
        if memory.get("maxmemory") and policy != "noeviction":
            raise FrontierError(
                "the Redis at {url} has maxmemory-policy {policy}: it would throw requests away when it is full;"
                " say CONFIG SET maxmemory-policy noeviction",
                url=self.shown,
                policy=policy,
            )

    async def enter(self, spider: str, args: str, about: str) -> Entered:
        """Join the crawl, or begin it.

        Args:
            args: what workers of one crawl have in common, as text.
            about: what `scrapy frontier` shows of this worker.

        Raises:
            FrontierGoneError: a crawl of that name is just ending.
            OtherTermsError: a crawl of that name has other arguments.
        """
        new = uuid4().hex[:12]
        self._id = new
        answer = await self._run("enter", spider, args, about, self._ms(self.lease))
        how, self._id = _text(answer[0]), _text(answer[1])
        if how == "ending":
            raise FrontierGoneError("the crawl {name} is just ending; start again to begin a new one", name=self.crawl)
        if how == "other":
            raise OtherTermsError(
                "a crawl {name} is under way with other arguments or another database ({theirs}; here: {ours});"
                " give the same, or another name by -a crawl=NAME",
                name=self.crawl,
                theirs=f"{_text(answer[2])}: {_text(answer[3])}",
                ours=f"{spider}: {args}",
            )
        if old := _text(answer[4]):
            await self.remove(old)
        began_at = int(answer[5]) / 1000
        return Entered(began=how == "began", seeded=answer[2] == b"1", pending=int(answer[3]), began_at=began_at)

    async def pop(self, wish: LeaseWish) -> Popped:
        """Lease requests whose hosts are due."""
        return self._popped(await self._run("pop", *self._ask(wish)))

    def _ask(self, wish: LeaseWish) -> list[Any]:
        """Write what `pop` takes; the answer is awaited from now on."""
        self._serial += not self._answer_lost
        lost, self._answer_lost = self._answer_lost, True
        return [
            self._serial, int(lost), wish.want, self._ms(self.lease), wish.steal_ms, wish.max_pages, wish.per_site,
            int(wish.figures), *wish.own_hosts,
        ]  # fmt: skip

    def _popped(self, answer: list[Any]) -> Popped:
        """Read the answer to `pop`."""
        self._answer_lost = False
        token = f"{self.worker}.{self._serial}"
        if answer[3]:
            self._figures = FrontierFigures(*answer[3])
        items = answer[4:]
        requests = tuple(
            Leased(
                items[at], token, _text(items[at + 1]), int(items[at + 2]), int(items[at + 3]), _text(items[at + 4]),
                items[at + 5],
            )
            for at in range(0, len(items), _ITEM)
        )  # fmt: skip
        return Popped(_text(answer[0]), int(answer[1]) / 1000, int(answer[2]), self._figures, requests)

    async def settle(self, operations: Iterable[tuple[Any, ...]]) -> Settled:
        """Do what this worker has to say, in one step and in order: `exchange` without leasing."""
        settled, _ = await self.exchange(operations, None)
        return settled

    async def exchange(
        self, operations: Iterable[tuple[Any, ...]], wish: LeaseWish | None
    ) -> tuple[Settled, Popped | None]:
        """Do what this worker has to say (`kolcrawl.frontier.shared.worker_words`), in one step and in order, and lease
        in the same step what it wishes.

        If it fails, it is to be called again with the same operations first; none of them is done twice. Steps that
        Redis has lost (it was killed, or failed over) are repeated before, as far as they are some seconds old.
        """
        whole = list(operations)
        flat = [value for operation in whole for value in operation]
        news, known, seq = await self._leave_out_known(whole)
        words = [self._batch + 1, 0, seq, *(value for one in news for value in one)]
        answer = await self._run_both(words, wish)
        if answer[0] == b"behind":
            for number, _, earlier in list(self._recent):
                if number > int(answer[1]):
                    await self._run("settle", number, 1, 0, *earlier)
            known = 0
            answer = await self._run_both([self._batch + 1, 1, 0, *flat], wish)
        self._batch += 1
        now = time.monotonic()
        self._recent.append((self._batch, now, flat))
        while self._recent[0][1] < now - _REPEATED_SECONDS:
            self._recent.popleft()
        settled, popped = (answer, None) if wish is None else (answer[1], self._popped(answer[2]))
        added, known_there, lost = map(int, settled[1:])
        return Settled(added, known + known_there, lost), popped

    async def _run_both(self, words: list[Any], wish: LeaseWish | None) -> list[Any]:
        if wish is None:
            return await self._run("settle", *words)
        return await self._run("exchange", len(words), *words, *self._ask(wish))

    async def least_depths(self, fps: Sequence[bytes]) -> list[int | None]:
        """Look up the least depths of stories that any worker has found; None of a story that nobody asked for."""
        prefix = self._prefix(self._id).encode()
        async with self._explained():
            found = cast("list[bytes | None]", await self.client.mget([name_string(prefix, fp) for fp in fps]))
        return [read_depth(records or b"", fp) for records, fp in zip(found, fps, strict=True)]

    async def _leave_out_known(self, operations: list[tuple[Any, ...]]) -> tuple[list[tuple[Any, ...]], int, int]:
        """Leave out requests that Redis knows, by no longer way: most links, whose texts it need not read.

        Nothing known is ever forgotten, so they stay known until the step is done; should Redis have lost its last
        second in between, its sequence number tells.

        Returns: the others with all else, how many are left out, and Redis's sequence number.
        """
        fps = [fp_pushed(word) for word, *_ in operations if word[:1] == b"P"]
        if len(fps) < _FEW_REQUESTS:
            return operations, 0, 0
        prefix = self._prefix(self._id).encode()
        keys = list(dict.fromkeys(name_string(prefix, fp) for fp in fps))
        async with self._explained():
            seq, *found = cast("list[bytes | None]", await self.client.mget(prefix + b"seq", *keys))
        records = dict(zip(keys, found, strict=True))

        def is_known(word: Any) -> bool:
            if word[:1] != b"P":
                return False
            fp = fp_pushed(word)
            depth = read_depth(records[name_string(prefix, fp)] or b"", fp)
            return depth is not None and depth <= word[1]

        news = [operation for operation in operations if not is_known(operation[0])]
        return news, len(operations) - len(news), int(seq or 0)

    async def renew(self, leases: Iterable[tuple[bytes, str]]) -> int:
        """Renew leases, and say that this worker lives. Returns: how many were not this worker's any more."""
        flat = [value for lease in leases for value in lease]
        answer = await self._run("renew", self._ms(self.lease), *flat)
        return int(answer[1])

    async def seeds_noted(self, since: int) -> list[bytes]:
        """Read what was noted of the seeds, from a number on."""
        async with self._explained():
            found = await self.client.lrange(f"{self._prefix(self._id)}seeds", since, -1)
        return [text.encode() if isinstance(text, str) else text for text in found]

    async def leave(self, rest: float, leases: Iterable[tuple[bytes, str]] = ()) -> None:
        """Give back leases, and leave; the last worker of an ended crawl removes its data.

        Args:
            rest: seconds until the hosts that were just asked may be asked again.
            leases: id and token of each.
        """
        answer = await self._run("leave", self._ms(rest), *(value for lease in leases for value in lease))
        if answer[0] == b"last":
            await self.remove(self._id)

    async def remove(self, crawl_id: str) -> None:
        """Remove the data of a crawl but its name and its dead letters, some keys at a time."""
        keep = f"{self._prefix(crawl_id)}dead".encode()
        async with self._explained():
            keys: list[bytes] = []
            async for key in self.client.scan_iter(match=f"{escape_pattern(self._prefix(crawl_id))}*", count=1_000):
                if key != keep:
                    keys.append(key)
                if len(keys) >= MAX_OPERATIONS:
                    await self.client.unlink(*keys)
                    keys = []
            if keys:
                await self.client.unlink(*keys)

    async def close(self) -> None:
        """Close the connection."""
        await self.client.aclose()

    def _prefix(self, crawl_id: str) -> str:
        return f"{{{self.crawl}}}:{crawl_id}:"

    def _ms(self, seconds: float) -> int:
        return int(seconds * 1000)

    def _step_of(self, name: str) -> Callable[..., Awaitable[list[Any]]]:
        """Make a step of a script. A node that has not seen it, such as one that was promoted, is sent its text."""
        text = script_text(name)
        sha = sha1(text.encode(), usedforsecurity=False).hexdigest()

        async def step(*, keys: list[str], args: list[Any]) -> list[Any]:
            try:
                answer: list[Any] = await self.client.evalsha(sha, len(keys), *keys, *args)
            except redis_errors.NoScriptError:
                answer = await self.client.eval(text, len(keys), *keys, *args)
            except redis_errors.ReadOnlyError:
                if isinstance(self.client, redis.asyncio.Redis):  # its name may lead to another server by now
                    await self.client.connection_pool.disconnect()
                raise
            return answer

        return step

    async def _run(self, name: str, *values: Any) -> list[Any]:
        now = "" if self._clock is None else self._ms(self._clock())
        async with self._explained():
            answer = await self._scripts[name](keys=[self._about], args=[now, self._id, self.worker, *values])
        if answer[0] == b"gone":
            raise FrontierGoneError(
                "the crawl {name} is not in the Redis at {url} any more: it was removed, or Redis lost its data (set"
                " appendonly yes)",
                name=self.crawl,
                url=self.shown,
            )
        return answer

    @asynccontextmanager
    async def _explained(self) -> AsyncIterator[None]:
        """Turn Redis's errors into ours, one line each."""
        try:
            yield
        except (redis_errors.RedisError, OSError) as error:
            raise explain(error, self.shown) from None


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def fp_pushed(word: bytes) -> bytes:
    """Return the fingerprint in a word that pushes a request."""
    return word[2 : 2 + FP_BYTES]


def escape_pattern(prefix: str) -> str:
    """Return the pattern of Redis that only this text matches."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in prefix)
