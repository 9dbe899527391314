"""schedules.toml: read once, checked whole, each error one line that names the place."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from kolcrawl.errors import ConfigError
from kolcrawl.schedule.due_times import check_cron

if TYPE_CHECKING:
    from collections.abc import Mapping

Overlap = Literal["skip", "queue"]

SECRET = re.compile(r"MONGO_URI|SECRET|PASSW|TOKEN|API_?KEY|CREDENTIAL|SMTP|WEBHOOK", re.IGNORECASE)
"""Settings that hold secrets: given with a job, they would stand in the node's list of jobs and of processes."""
_LOGIN = re.compile(r"://[^/?#\s]*:[^/?#\s]*@")
_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,58}[a-z0-9])?")
_SPAN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
SHORTEST = timedelta(minutes=1)
SHORTEST_LOSS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A crawl that comes again and again."""

    name: str
    spider: str = "related"
    project: str = "kolcrawl"
    every: timedelta | None = None
    """Counted from midnight UTC of 1970-01-01, so that it does not depend on when the scheduler was started."""
    cron: str | None = None
    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    """Of `cron`."""
    jitter: timedelta = timedelta(0)
    """A run starts up to so much after it is due, by chance, but always the same for one due time."""
    overlap: Overlap = "skip"
    """What becomes of a run that is due while the one before is not over."""
    late: timedelta = timedelta(days=1)
    """A run that could not be started for so long is passed over."""
    args: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def when(self) -> str:
        """The rule, as it is written in the file."""
        zone = "" if self.timezone.key == "UTC" else f" {self.timezone.key}"
        return f"cron {self.cron}{zone}" if self.cron else f"every {_written(self.every or timedelta())}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAddress:
    """Where a Scrapyd is."""

    url: str
    """Without a slash at its end."""
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole file."""

    nodes: tuple[NodeAddress, ...]
    schedules: tuple[Schedule, ...]
    lost_after: timedelta
    """A node that has not answered for so long is taken for gone, and the runs on it for ended."""


def read_plan(path: Path, environment: Mapping[str, str] = os.environ) -> Plan:
    """Read and check a file.

    Args:
        environment: where the nodes' names and passwords are.

    Raises:
        ConfigError: it cannot be read or used; the message names the file and the place.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); docs/scrapyd.md shows one") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: is no TOML ({error})") from None
    try:
        return _plan(told, environment)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def span(where: str, value: object) -> timedelta:
    """`90s`, `15m`, `1h`, `1h30m`, `2d` as a duration.

    Raises:
        ConfigError: it is none of these.
    """
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if not found or not value:
        raise ConfigError(f'{where} = {value!r} is no duration like "30m", "1h" or "1d12h"')
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    try:
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ConfigError(f"{where} = {value!r} is too long") from None


def _written(length: timedelta) -> str:
    """A duration as `span` reads it."""
    seconds = int(length.total_seconds())
    parts = ((seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return "".join(f"{n}{unit}" for n, unit in parts if n)


def _plan(told: Mapping[str, Any], environment: Mapping[str, str]) -> Plan:
    _known("the file", told, {"node", "schedule", "lost_after"})
    nodes = tuple(_node(row, n, environment) for n, row in enumerate(_rows(told, "node"), 1))
    schedules = tuple(_schedule(row, n) for n, row in enumerate(_rows(told, "schedule"), 1))
    if not nodes:
        nodes = (_node({"url": "http://localhost:6800"}, 1, environment),)
    if not schedules:
        raise ConfigError("holds no [[schedule]]; docs/scrapyd.md shows one")
    for what, names in (
        ("schedules are called", [s.name for s in schedules]),
        ("nodes are at", [n.url for n in nodes]),
    ):
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ConfigError(f"two {what} {twice!r}")
    lost_after = span("lost_after", told.get("lost_after", "6h"))
    if lost_after < SHORTEST_LOSS:
        raise ConfigError(f"lost_after = {told['lost_after']!r} is less than ten minutes: a restart takes as long")
    return Plan(nodes=nodes, schedules=schedules, lost_after=lost_after)


def _rows(told: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = told.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(f"{name} must be written as [[{name}]]")
    return rows


def _known(where: str, row: Mapping[str, Any], names: set[str]) -> None:
    for name in row:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(names))}"
            raise ConfigError(f"{where} has no {name!r}: {hint}")


def _node(row: Mapping[str, Any], number: int, environment: Mapping[str, str]) -> NodeAddress:
    where = f"node {number}"
    _known(where, row, {"url", "username", "password"})
    url = str(row.get("url", "")).rstrip("/")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ConfigError(f"{where}: its url is none") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigError(f'{where}: name and password do not belong in its url; set password = "$SCRAPYD_PASSWORD"')
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(f'{where}: url = {url!r} is no address like "http://localhost:6800"')
    given = {}
    for name in ("username", "password"):
        value = row.get(name, f"$SCRAPYD_{name.upper()}")
        if not isinstance(value, str) or not re.fullmatch(r"\$[A-Za-z_]\w*", value):
            raise ConfigError(f'{where}: {name} must name a variable of the environment, like "$SCRAPYD_PASSWORD"')
        given[name] = environment.get(value[1:], "")
        if name in row and not given[name]:
            raise ConfigError(f"{where}: {value[1:]} is not set in the environment")
    return NodeAddress(url=url, **given)


def _schedule(row: Mapping[str, Any], number: int) -> Schedule:
    name = row.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ConfigError(f"schedule {number}: name = {name!r} must be of a-z, 0-9, - and _, 60 characters at most")
    where = f"schedule {name}"
    fields = {"name", "spider", "project", "every", "cron", "timezone", "jitter", "overlap", "late", "args", "settings"}
    _known(where, row, fields)
    if ("every" in row) == ("cron" in row):
        raise ConfigError(f'{where} needs either every = "1h" or cron = "0 * * * *"')
    values: dict[str, Any] = {"name": name}
    for key in ("every", "jitter", "late"):
        if key in row:
            values[key] = span(f"{where}: {key}", row[key])
    if "every" in row and values["every"] < SHORTEST:
        raise ConfigError(f"{where}: every = {row['every']!r} is less than a minute")
    if "every" in row and "jitter" in row and values["jitter"] >= values["every"]:
        raise ConfigError(f"{where}: jitter = {row['jitter']!r} must be less than every = {row['every']!r}")
    for key in ("spider", "project"):
        if key in row:
            if not isinstance(row[key], str) or not re.fullmatch(r"[\w.-]+", row[key]):
                raise ConfigError(f"{where}: {key} = {row[key]!r} is no name of a {key}")
            values[key] = row[key]
    if "timezone" in row:
        values["timezone"] = _zone(where, row["timezone"])
    if "cron" in row:
        values["cron"] = check_cron(where, row["cron"])
    elif "timezone" in row:
        raise ConfigError(f"{where}: every counts from midnight UTC; a timezone goes with cron")
    if (overlap := row.get("overlap", "skip")) not in ("skip", "queue"):
        raise ConfigError(f'{where}: overlap = {overlap!r} is neither "skip" nor "queue"')
    return Schedule(
        **values, overlap=overlap, args=_strings(where, "args", row), settings=_strings(where, "settings", row)
    )


def _zone(where: str, name: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (ValueError, OSError, LookupError):  # ZoneInfoNotFoundError is a KeyError
        raise ConfigError(f'{where}: timezone = {name!r} is none like "Asia/Shanghai"') from None


RESERVED = {"project", "spider", "_version", "jobid", "priority", "setting", "version"}
"""Fields of Scrapyd's schedule.json, which stand among the spider arguments there."""


def _strings(where: str, table: str, row: Mapping[str, Any]) -> dict[str, str]:
    told = row.get(table, {})
    if not isinstance(told, dict) or any(isinstance(value, (dict, list)) for value in told.values()):
        raise ConfigError(f"{where}: {table} must be a table of words and numbers")
    if table == "args" and (taken := RESERVED & set(told)):
        raise ConfigError(f"{where}: args: {taken.pop()!r} has a meaning of its own for Scrapyd")
    if table == "settings" and (secret := next((key for key in told if SECRET.search(key)), None)):
        raise ConfigError(f"{where}: {secret} may hold a secret; set it in the environment of the nodes' Scrapyd")
    if login := next((key for key, value in told.items() if _LOGIN.search(str(value))), None):
        raise ConfigError(
            f"{where}: {table}: {login} holds a password, which every list of jobs and processes would show"
        )
    return {key: str(value) for key, value in told.items()}
