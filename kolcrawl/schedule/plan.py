"""schedules.toml: read once and checked whole (pydantic); each error is one line that names the place."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from kolcrawl.errors import ConfigError, WrongSettingError
from kolcrawl.locale import Message, mark, os_reason
from kolcrawl.schedule.fields import (
    Credential,
    Cron,
    Duration,
    JobFields,
    NodeUrl,
    ScheduleName,
    ScrapydName,
    Timezone,
    at_least,
    write_duration,
)

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class Table(BaseModel):
    """A table of the file: it cannot be changed, and holds no name that is not a field of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)
    PLACE: ClassVar[str]
    """What a message calls the table."""


class Schedule(Table):
    """A crawl that is started again and again."""

    PLACE = "schedule"
    name: ScheduleName
    spider: ScrapydName = "related"
    project: ScrapydName = "kolcrawl"
    every: Annotated[Duration, at_least(timedelta(minutes=1))] | None = None
    """Counted from midnight UTC of 1970-01-01, so that it does not depend on when the scheduler was started."""
    cron: Cron | None = None
    timezone: Timezone = ZoneInfo("UTC")
    """Zone of `cron`."""
    jitter: Duration = timedelta(0)
    """A run starts up to so much after it is due, by chance, but always the same for one due time."""
    overlap: Literal["skip", "queue"] = "skip"
    """What becomes of a run that is due while the one before is not over."""
    late: Duration = timedelta(days=1)
    """A run that could not be started for so long is passed over."""
    args: JobFields = Field(default_factory=dict)
    settings: JobFields = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_rule(self) -> Self:
        if (self.every is None) == (self.cron is None):
            raise ValueError(Message('needs either every = "1h" or cron = "0 * * * *"'))
        if self.every is not None and self.jitter >= self.every:
            jitter, every = write_duration(self.jitter), write_duration(self.every)
            line = Message(
                "needs a jitter, {jitter!r} now, that is less than every = {every!r}", jitter=jitter, every=every
            )
            raise ValueError(line)
        if self.every is not None and "timezone" in self.model_fields_set:
            raise ValueError(Message("needs no timezone: every counts from midnight UTC; a timezone goes with cron"))
        return self

    @property
    def when(self) -> str:
        """The rule, as it is written in the file."""
        zone = "" if self.timezone.key == "UTC" else f" {self.timezone.key}"
        return f"cron {self.cron}{zone}" if self.cron else f"every {write_duration(self.every or timedelta())}"


class NodeAddress(Table):
    """The address of a Scrapyd."""

    PLACE = "node"
    url: NodeUrl
    """Without a slash at its end."""
    username: Credential = Field(None, validate_default=True)
    """From the environment, where it is SCRAPYD_USERNAME unless the file names another variable; may be empty."""
    password: Credential = Field(None, validate_default=True, repr=False)
    """Likewise, SCRAPYD_PASSWORD."""


class Plan(Table):
    """The whole file."""

    PLACE = mark("the file")
    nodes: tuple[NodeAddress, ...] = Field(
        default_factory=lambda: ({"url": "http://localhost:6800"},), alias="node", validate_default=True
    )
    schedules: tuple[Schedule, ...] = Field((), alias="schedule")
    lost_after: Annotated[Duration, at_least(timedelta(minutes=10))] = timedelta(hours=6)  # a restart takes 10 minutes
    """A node that has not answered for so long is taken for gone, and the runs on it for ended."""

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        if not self.schedules:
            raise ValueError(Message("holds no [[schedule]]; docs/scrapyd.md shows one"))
        for line, names in (
            (mark("holds two schedules called {name!r}"), [schedule.name for schedule in self.schedules]),
            (mark("holds two nodes at {name!r}"), [node.url for node in self.nodes]),
        ):
            if double := next((name for name in names if names.count(name) > 1), None):
                raise ValueError(Message(line, name=double))
        return self


def read_plan(path: Path, environment: Mapping[str, str] = os.environ) -> Plan:
    """Read and check a file.

    Args:
        environment: holds the nodes' names and passwords.

    Raises:
        ConfigError: the file cannot be read or used; the message names the file and the place.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            "{path}: cannot be read ({strerror}); docs/scrapyd.md shows one", path=path, strerror=os_reason(error)
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WrongSettingError("{path}: is not TOML ({error})", path=path, error=error) from None
    try:
        return Plan.model_validate(content, context={"environment": environment})
    except ValidationError as error:
        raise WrongSettingError("{path}: {message}", path=path, message=_message(content, error)) from None


def _message(content: Mapping[str, Any], error: ValidationError) -> Message:
    """Word what is wrong in one line: a mistyped name, which may have caused the other errors, else the first."""
    details = error.errors(include_url=False)
    chosen = next((detail for detail in details if detail["type"] == "extra_forbidden"), details[0])
    table, place, name = _place(content, chosen)
    if chosen["type"] == "extra_forbidden":
        return Message("{place} has no {name!r}: {hint}", place=place, name=name, hint=_hint(name, table))
    if chosen["type"] == "whole_phrase":
        return Message("{place}: {phrase}", place=place, phrase=chosen["ctx"]["text"])
    if chosen["type"] == "missing":
        return Message("{place}: {name} is missing", place=place, name=name)
    if chosen["type"] in ("tuple_type", "model_type"):
        return Message("{name} must be written as [[{table}]]", name=name or place, table=name or table.PLACE)
    problem = _problem(chosen)
    if not name:
        return Message("{place} {problem}", place=place, problem=problem)
    value: Any = content
    for key in chosen["loc"]:
        value = value[key]
    return Message("{place}: {name} = {value!r} {problem}", place=place, name=name, value=value, problem=problem)


def _problem(detail: ErrorDetails) -> object:
    """Find the words for what is wrong with a value: our own, or pydantic's, of which the frequent are translated."""
    if detail["type"] == "value_error":
        return detail["ctx"]["error"]
    if detail["type"] == "literal_error":
        return Message("input should be {expected}", expected=detail["ctx"]["expected"])
    if detail["type"] == "string_type":
        return Message("input should be a valid string")
    return detail["msg"].lower()


def _place(content: Mapping[str, Any], detail: ErrorDetails) -> tuple[type[Table], Message, str]:
    """Find the table of an error, what a message calls it, and the name of the field; '' for the table as a whole."""
    match detail["loc"]:
        case ("node", int(index), *rest):
            return NodeAddress, Message("node {name}", name=index + 1), str(rest[0]) if rest else ""
        case ("schedule", int(index), *rest):
            row = content["schedule"][index]
            called = row.get("name") if isinstance(row, dict) else None
            shown = called if isinstance(called, str) and rest[:1] != ["name"] else index + 1
            return Schedule, Message("schedule {name}", name=shown), str(rest[0]) if rest else ""
        case location:
            return Plan, Message(Plan.PLACE), str(location[0]) if location else ""


def _hint(name: str, table: type[Table]) -> Message:
    names = [field.alias or key for key, field in table.model_fields.items()]
    near = difflib.get_close_matches(name, names, 1)
    if near:
        return Message("did you mean {word}?", word=near[0])
    return Message("there are {known}", known=", ".join(sorted(names)))
