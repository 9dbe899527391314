"""The crawls of a Redis, looked at and steered from outside: `FrontierConsole`, which `scrapy frontier` uses.

It reads with plain commands and waits for them; what it changes is one script or one key.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import redis

from kolcrawl.frontier.shared.explain_redis import explain
from kolcrawl.frontier.shared.frontier_errors import FrontierGoneError, check_frontier_url
from kolcrawl.frontier.shared.redis_clients import make_client
from kolcrawl.frontier.shared.redis_frontier import MAX_OPERATIONS, NO_FIELD, escape_pattern, script_text
from kolcrawl.frontier.shared.request_text import lengthen_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_HOSTS_LOOKED_AT = 10_000
_ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host of a crawl."""

    host: str
    queued: int
    leased: int
    due_in: float
    """Seconds until it may be asked; below 0 where it waits for a worker."""


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker of a crawl."""

    worker: str
    host: str
    pid: int
    running: float
    """Seconds since it joined."""
    silent: float
    """Seconds since it was heard last."""
    leases: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A request that was given up."""

    url: str
    reason: str
    age: float
    """Seconds."""


@dataclass(frozen=True, slots=True)
class FrontierOverview:
    """A crawl in Redis, at one moment."""

    crawl: str
    state: str
    """`open`, `paused` or `ended`."""
    spider: str
    terms: str
    running: float
    """Seconds since it began."""
    pending: int
    leased: int
    acknowledged: int
    per_minute: float
    """Requests acknowledged in a minute, on average since the crawl began."""
    expired: int
    """Leases that have run out."""
    spent: int
    oldest_lease: float
    """Seconds since the lease was renewed that was renewed longest ago; 0 without leases."""
    hosts: list[HostRow] = field(default_factory=list)
    """Those with most requests first."""
    workers: list[WorkerRow] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)


class FrontierConsole:
    """A look at the crawls of a Redis. All methods raise `FrontierError`s and nothing else."""

    def __init__(self, url: str, params: Mapping[str, Any] | None = None) -> None:
        """Make it.

        Raises:
            ConfigError: the address has no form that can be used.
        """
        self.shown = check_frontier_url(url)
        self._url = url
        self._params = {"socket_timeout": _ANSWER_SECONDS, "socket_connect_timeout": _ANSWER_SECONDS, **(params or {})}

    @cached_property
    def _client(self) -> Any:
        """The client, for methods that explain Redis's errors."""
        return make_client(self._url, self._params)

    def crawls(self) -> list[str]:
        """List the names of the crawls, in alphabetical order."""
        with self._explained():
            keys = self._client.scan_iter(match="{*}:about", count=1_000)
            return sorted(_text(key)[1 : -len("}:about")] for key in keys)

    def look(self, crawl: str, lease: float = 30.0) -> FrontierOverview:
        """Read a crawl.

        Args:
            lease: seconds of a lease (FRONTIER_LEASE), from which the age of the oldest is told.
        """
        with self._explained():
            about = self._about(crawl)
            prefix = f"{{{crawl}}}:{about['id']}:"
            seconds, micros = self._client.eval("return redis.call('TIME')", 1, f"{{{crawl}}}:about")  # of that node
            now = int(seconds) + int(micros) / 1e6
            pipe = self._client.pipeline(transaction=False)
            pipe.hlen(f"{prefix}r").zcard(f"{prefix}leases").hgetall(f"{prefix}stats").hget(f"{prefix}spent", "")
            pipe.zrange(f"{prefix}leases", 0, 0, withscores=True)
            pending, leased, stats, spent, oldest = pipe.execute()
            counts = {_text(name): int(value) for name, value in stats.items()}
            running = now - int(about.get("began", 0)) / 1000
            acknowledged = int(about.get("acknowledged", 0))
            held = self._held(prefix)
            return FrontierOverview(
                crawl=crawl,
                state="ended" if about.get("ended") == "1" else "paused" if about.get("paused") == "1" else "open",
                spider=about.get("spider", ""),
                terms=about.get("args", ""),
                running=running,
                pending=pending,
                leased=leased,
                acknowledged=acknowledged,
                per_minute=acknowledged / max(running, 1.0) * 60,
                expired=counts.get("expired", 0),
                spent=int(spent or 0),
                oldest_lease=max(now + lease - oldest[0][1] / 1000, 0.0) if oldest else 0.0,
                hosts=self._hosts(prefix, now, Counter(host for _, host in held)),
                workers=self._workers(prefix, now, Counter(worker for worker, _ in held)),
                dead=self._dead(prefix, now),
            )

    def pause(self, crawl: str, *, on: bool) -> None:
        """Have workers get no more requests, or get them again."""
        with self._explained():
            self._about(crawl)
            self._client.hset(f"{{{crawl}}}:about", "paused", int(on))

    def requeue_dead(self, crawl: str) -> int:
        """Put the dead letters back into their queues. Returns: how many."""
        with self._explained():
            about = self._about(crawl)
            text = script_text("requeue")
            answer: list[Any] = self._client.eval(text, 1, f"{{{crawl}}}:about", "", about["id"], "")
            return int(answer[1])

    def clear(self, crawl: str) -> int:
        """Remove a crawl; its workers stop. Returns: how many requests waited in it."""
        with self._explained():
            about = self._about(crawl)
            waiting: int = self._client.hlen(f"{{{crawl}}}:{about['id']}:r")
            self._client.unlink(f"{{{crawl}}}:about")
            keys: list[bytes] = []
            for key in self._client.scan_iter(match=f"{escape_pattern(f'{{{crawl}}}:')}*", count=1_000):
                keys.append(key)
                if len(keys) >= MAX_OPERATIONS:
                    self._client.unlink(*keys)
                    keys = []
            if keys:
                self._client.unlink(*keys)
            return waiting

    def close(self) -> None:
        """Close the connection."""
        if "_client" in self.__dict__:
            self._client.close()

    def _about(self, crawl: str) -> dict[str, str]:
        found = self._client.hgetall(f"{{{crawl}}}:about")
        if not found:
            raise FrontierGoneError(
                "there is no crawl {name} in the Redis at {url}; scrapy frontier without a name lists them",
                name=crawl,
                url=self.shown,
            )
        return {_text(name): _text(value) for name, value in found.items()}

    def _held(self, prefix: str) -> list[tuple[str, str]]:
        """List worker and host of each lease."""
        held = []
        for number, value in self._client.hscan_iter(f"{prefix}held", count=1_000):
            if number == NO_FIELD:
                continue
            token, _, _, host = _text(value).split(" ", 3)
            held.append((token.partition(".")[0], host))
        return held

    def _hosts(self, prefix: str, now: float, leased: Counter[str]) -> list[HostRow]:
        due = self._client.zrange(f"{prefix}due", 0, _HOSTS_LOOKED_AT - 1, withscores=True)
        pipe = self._client.pipeline(transaction=False)
        for host, _ in due:
            pipe.zcard(f"{prefix}q:{_text(host)}")
        rows = [
            HostRow(_text(host), queued, leased[_text(host)], at / 1000 - now)
            for (host, at), queued in zip(due, pipe.execute(), strict=True)
        ]
        return sorted((row for row in rows if row.queued or row.leased), key=lambda row: (-row.queued, row.host))

    def _workers(self, prefix: str, now: float, leases: Counter[str]) -> list[WorkerRow]:
        said = {_text(name): _loaded(value) for name, value in self._client.hgetall(f"{prefix}who").items()}
        rows = []
        for name, heard in self._client.zrange(f"{prefix}workers", 0, -1, withscores=True):
            worker = _text(name)
            about = said.get(worker, {})
            rows.append(
                WorkerRow(
                    worker,
                    str(about.get("host", "")),
                    _number(about.get("pid")),
                    now - _number(about.get("since")),
                    now - heard / 1000,
                    leases[worker],
                )
            )
        return rows

    def _dead(self, prefix: str, now: float) -> list[DeadLetter]:
        letters = []
        for letter in self._client.hgetall(f"{prefix}dead").values():
            reason, at, _, host, payload = (_text(letter).split("\n", 4) + [""] * 5)[:5]
            url = str(_loaded(lengthen_text(payload).encode()).get("url") or host)
            letters.append(DeadLetter(url, reason, now - _number(at) / 1000))
        return sorted(letters, key=lambda letter: letter.age)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (redis.RedisError, OSError) as error:
            raise explain(error, self.shown) from None


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _loaded(value: bytes) -> dict[str, Any]:
    """Read a JSON object; empty where it is none."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
