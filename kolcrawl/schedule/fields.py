"""The types of the fields of schedules.toml: each checks a value and says in one phrase what is wrong with it.

A `ValueError`, which carries a `Message`, continues the line `NAME = VALUE`; a `PydanticCustomError` is a whole phrase,
for values that may hold a secret and are not shown.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from kolcrawl.locale import Message
from kolcrawl.schedule.cron import check_cron

SECRET_SETTING = re.compile(r"MONGO_URI|SECRET|PASSW|TOKEN|API_?KEY|CREDENTIAL|SMTP|WEBHOOK", re.IGNORECASE)
"""Settings that hold secrets: given with a job, they would stand in the node's list of jobs and of processes."""
_LOGIN = re.compile(r"://[^/?#\s]*:[^/?#\s]*@")
_SCHEDULE_NAME = re.compile(r"[a-z0-9]([a-z0-9_-]{0,58}[a-z0-9])?")
_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
SCRAPYD_FIELDS = frozenset({"project", "spider", "_version", "jobid", "priority", "setting", "version"})
"""Fields of Scrapyd's schedule.json, which stand among the spider arguments there."""


def whole_phrase(text: str) -> PydanticCustomError:
    """Make an error whose message stands alone: the value is not shown."""
    return PydanticCustomError("whole_phrase", "{text}", {"text": text})


def read_duration(value: object) -> timedelta:
    """Read `90s`, `15m`, `1h`, `1h30m` or `2d`.

    Raises:
        ValueError: the value is none of these.
    """
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found or not value:
        raise ValueError(Message('is not a duration like "30m", "1h" or "1d12h"'))
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    try:
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ValueError(Message("is too long")) from None


def write_duration(duration: timedelta) -> str:
    """Write a duration as `read_duration` reads it."""
    seconds = int(duration.total_seconds())
    parts = ((seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return "".join(f"{n}{unit}" for n, unit in parts if n)


def at_least(minimum: timedelta) -> AfterValidator:
    """Make the check that a duration is not shorter than a minimum."""

    def check(duration: timedelta) -> timedelta:
        if duration < minimum:
            raise ValueError(Message("is less than {minimum}", minimum=write_duration(minimum)))
        return duration

    return AfterValidator(check)


def _schedule_name(name: str) -> str:
    if not _SCHEDULE_NAME.fullmatch(name):
        raise ValueError(Message("must be of a-z, 0-9, - and _, 60 characters at most"))
    return name


def _scrapyd_name(name: str, info: ValidationInfo) -> str:
    if not re.fullmatch(r"[\w.-]+", name):
        raise ValueError(Message("is not the name of a {kind}", kind=info.field_name))
    return name


def _timezone(name: object) -> ZoneInfo:
    if isinstance(name, ZoneInfo):
        return name
    try:
        return ZoneInfo(str(name))
    except (ValueError, OSError, LookupError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(Message('is not a time zone like "Asia/Shanghai"')) from None


def _node_url(value: object) -> str:
    url = str(value).rstrip("/")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise whole_phrase(Message("its url cannot be read")) from None
    if parts.username is not None or parts.password is not None:
        line = Message('name and password do not belong in its url; set password = "$SCRAPYD_PASSWORD"')
        raise whole_phrase(line)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(Message('is not an address like "http://localhost:6800"'))
    return url


def _from_environment(value: object, info: ValidationInfo) -> str:
    """Read a credential, given as `$NAME`, from the environment; one that is not given may be missing there.

    A model that is built by code, without the context of a file, takes the credential itself.
    """
    if info.context is None:
        return str(value or "")
    name, environment = info.field_name, info.context["environment"]
    if value is None:
        return str(environment.get(f"SCRAPYD_{str(name).upper()}", ""))
    if not isinstance(value, str) or not re.fullmatch(r"\$[A-Za-z_]\w*", value):
        line = Message('{name} must name a variable of the environment, like "$SCRAPYD_PASSWORD"', name=name)
        raise whole_phrase(line)
    if not environment.get(value[1:]):
        raise whole_phrase(Message("{name} is not set in the environment", name=value[1:]))
    return str(environment[value[1:]])


def _job_fields(table: object, info: ValidationInfo) -> dict[str, str]:
    """Read the spider arguments or settings of a job, which must hold neither a secret nor a password."""
    name = info.field_name
    if not isinstance(table, dict) or any(isinstance(value, (dict, list)) for value in table.values()):
        raise whole_phrase(Message("{name} must be a table of words and numbers", name=name))
    if name == "args" and (taken := SCRAPYD_FIELDS & set(table)):
        raise whole_phrase(Message("args: {name!r} has a meaning of its own for Scrapyd", name=min(taken)))
    if name == "settings" and (secret := next((key for key in table if SECRET_SETTING.search(key)), None)):
        line = Message("{name} may hold a secret; set it in the environment of the nodes' Scrapyd", name=secret)
        raise whole_phrase(line)
    if login := next((key for key, value in table.items() if _LOGIN.search(str(value))), None):
        raise whole_phrase(
            Message(
                "{table}: {name} holds a password, which every list of jobs and processes would show",
                table=name, name=login,
            )
        )  # fmt: skip
    return {key: str(value) for key, value in table.items()}


Duration = Annotated[timedelta, BeforeValidator(read_duration)]
ScheduleName = Annotated[str, AfterValidator(_schedule_name)]
ScrapydName = Annotated[str, AfterValidator(_scrapyd_name)]
Cron = Annotated[str, AfterValidator(check_cron)]
Timezone = Annotated[ZoneInfo, BeforeValidator(_timezone)]
NodeUrl = Annotated[str, BeforeValidator(_node_url)]
Credential = Annotated[str, BeforeValidator(_from_environment)]
JobFields = Annotated[dict[str, str], BeforeValidator(_job_fields)]
