"""Which stories are shown: the filters of the page's address, the same for every part of the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kolcrawl.errors import ArgumentError
from kolcrawl.locale import Message
from kolcrawl.view.network_rows import NO_TIME
from kolcrawl.view.snapshot import STORY_STATUSES, Stories

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kolcrawl.layout.forces import Array

STORY_MARKS = ("vanished", "changed", "retitled", "copy", "original", "undated")
"""What a story may be filtered by beside its status; `original` leads a group that has copies."""
MAX_LISTED = 200
"""Values that a filter may list."""
MAX_QUERY_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryQuery:
    """Filters; all must hold, and within one, any of its values."""

    words: str = ""
    sites: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    since: int | None = None
    """Milliseconds since 1970; a story's time is its publication, or when it was first seen."""
    until: int | None = None
    """Exclusive."""
    min_relevance: int = 0
    """In thousandths."""
    max_depth: int | None = None
    group: str = ""
    """Key of the story that leads a same-story group."""


def read_query(given: Mapping[str, str]) -> StoryQuery:
    """Read filters from an address; lists are divided by commas.

    Raises:
        ArgumentError: one has a value that cannot be used.
    """
    words = given.get("q", "").strip()
    if len(words) > MAX_QUERY_CHARS:
        raise ArgumentError("q has {n} characters: give at most {most}", n=len(words), most=MAX_QUERY_CHARS)
    return StoryQuery(
        words=words,
        sites=_listed(given, "site"),
        statuses=_known(given, "status", STORY_STATUSES),
        marks=_known(given, "mark", STORY_MARKS),
        langs=_listed(given, "lang"),
        since=number(given, "since", None),
        until=number(given, "until", None),
        min_relevance=number(given, "min_relevance", 0, 0, 1000) or 0,
        max_depth=number(given, "max_depth", None, 0),
        group=given.get("group", ""),
    )


def number(
    given: Mapping[str, str], name: str, default: int | None, low: int | None = None, high: int | None = None
) -> int | None:
    """Read a whole number within bounds.

    Raises:
        ArgumentError: it is not one, or lies outside.
    """
    text = given.get(name, "").strip()
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        raise ArgumentError("{name}={text!r} is not a whole number", name=name, text=text[:40]) from None
    if (low is not None and value < low) or (high is not None and value > high) or abs(value) > 2**60:
        most = Message("more") if high is None else high
        raise ArgumentError("{name}={n} is out of range: give {low} to {most}", name=name, n=value, low=low, most=most)
    return value


def unknown_value(name: str, value: str, known: Iterable[str]) -> ArgumentError:
    """Return the error for a word that is none of those that are known."""
    return ArgumentError("{name}={value}: there are {known}", name=name, value=value[:40], known=", ".join(known))


def _listed(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    values = tuple(part.strip() for part in given.get(name, "").split(",") if part.strip())
    if len(values) > MAX_LISTED:
        raise ArgumentError("{name} lists {n} values: give at most {most}", name=name, n=len(values), most=MAX_LISTED)
    return values


def _known(given: Mapping[str, str], name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    values = _listed(given, name)
    if unknown := [value for value in values if value not in known]:
        raise unknown_value(name, unknown[0], known)
    return values


def select_stories(stories: Stories, query: StoryQuery, found: Array | None = None) -> Array:
    """Return the places of the stories that a query lets through, in their order.

    Args:
        stories: of the network.
        query: the filters.
        found: places of the stories that hold the query's words; None where it has none.
    """
    mask = np.ones(len(stories), dtype=bool)
    if found is not None:
        mask &= np.isin(np.arange(len(stories)), found)
    if query.sites:
        mask &= np.isin(stories.site, _numbers(stories.sites, query.sites))
    if query.statuses:
        mask &= np.isin(stories.status, _numbers(STORY_STATUSES, query.statuses))
    if query.langs:
        mask &= np.isin(stories.lang, _numbers(stories.langs, query.langs))
    if query.marks:
        mask &= np.logical_or.reduce([_marked(stories, mark) for mark in query.marks])
    at = story_times(stories)
    if query.since is not None:
        mask &= at >= query.since
    if query.until is not None:
        mask &= at < query.until
    if query.min_relevance:
        mask &= stories.relevance >= query.min_relevance
    if query.max_depth is not None:
        mask &= stories.depth <= query.max_depth
    if query.group:
        mask &= stories.group == stories.place.get(query.group, -1)
    return np.flatnonzero(mask)


def story_times(stories: Stories) -> Array:
    """Return each story's time: its publication, or when it was first seen where that is unknown."""
    result: Array = np.where(stories.published == NO_TIME, stories.seen, stories.published)
    return result


def _marked(stories: Stories, mark: str) -> Array:
    if mark == "vanished":
        result: Array = stories.vanished != NO_TIME
    elif mark == "changed":
        result = stories.changed != NO_TIME
    elif mark == "retitled":
        result = stories.retitled
    elif mark == "copy":
        result = stories.copy_of >= 0
    elif mark == "undated":
        result = stories.published == NO_TIME
    else:
        size = np.bincount(stories.group, minlength=len(stories))
        result = (stories.group == np.arange(len(stories))) & (size > 1)
    return result


def _numbers(names: list[str] | tuple[str, ...], chosen: tuple[str, ...]) -> list[int]:
    return [number for number, name in enumerate(names) if name in chosen]
