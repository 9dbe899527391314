"""Read the sample web that is written by hand: `stories.toml`, and what becomes of it in `editions.toml`."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from kolcrawl.sample.grow import grow
from kolcrawl.sample.render import site_styles
from kolcrawl.sample.sample_story import SampleStory
from kolcrawl.sample.web import SampleWeb
from kolcrawl.text.tables import read_table

FILLERS_PER_SITE = 10
"""Stories of each site to which only its most-read and random lists lead; none is about the affair."""


@dataclass(slots=True)
class _Rows:
    """The stories of an edition as they are written."""

    stories: dict[str, dict[str, Any]]
    """By id, those that are gone among them."""
    titles: dict[str, str]
    """Titles under which stories were linked first: links to them keep these."""
    gone: dict[str, int] = field(default_factory=dict)
    """Stories that were taken down, with the status of their answer."""
    changed: dict[str, datetime] = field(default_factory=dict)

    def turn(self, edition: dict[str, Any]) -> None:
        """Make the changes of an edition."""
        for row in edition.get("story", ()):
            self.stories[row["id"]] = row
            self.titles[row["id"]] = row["title"]
        for row in edition.get("changed", ()):
            self.stories[row["id"]] |= row
            self.changed[row["id"]] = edition["at"]
        self.gone |= {row["id"]: row["status"] for row in edition.get("gone", ())}
        for name in edition.get("returned", ()):
            del self.gone[name]


@cache
def edition_count() -> int:
    """Return how many editions there are."""
    return 1 + len(read_table("editions.toml", "kolcrawl.sample")["edition"])


def sample_web(edition: int = 1) -> SampleWeb:
    """Read the web that `scrapy crawl sample` crawls; `seeds` holds the main story of the affair.

    Args:
        edition: from 1 to `edition_count()`; each is the one before some days later, when stories were changed, taken
            down, put back and added.
    """
    table = read_table("stories.toml", "kolcrawl.sample")
    written = table["story"]
    rows = _Rows({row["id"]: row for row in written}, {row["id"]: row["title"] for row in written})
    for change in read_table("editions.toml", "kolcrawl.sample")["edition"][: edition - 1]:
        rows.turn(change)
    gone, moved, forbidden = table["gone"], table["redirect"], table["forbidden"]
    url_of = {row["id"]: f"http://{row['site']}{row['path']}" for row in rows.stories.values()}
    url_of |= {row["id"]: row["url"] for row in (*gone, *moved, *forbidden)}
    rest = grow(FILLERS_PER_SITE * len(site_styles()), seed=7).truth
    stories: dict[str, SampleStory] = {}
    for row in rows.stories.values():
        if row["id"] not in rows.gone:
            related = [*row.get("related", ()), *(f["id"] for f in forbidden if row["id"] in f["linked_from"])]
            fillers = [url for url, other in rest.items() if other.host == row["site"]]
            story = _story(row, related, fillers, url_of)
            stories[story.url] = story
    return SampleWeb(
        truth=stories | rest,
        seeds=(url_of[table["start"]],),
        gone={row["url"]: row["status"] for row in gone} | {url_of[name]: code for name, code in rows.gone.items()},
        redirects={row["url"]: url_of[row["to"]] for row in moved},
        forbidden=tuple(row["url"] for row in forbidden),
        titles={row["url"]: row["title"] for row in (*gone, *moved, *forbidden)}
        | {url_of[name]: title for name, title in rows.titles.items()},
        changed={url_of[name]: at for name, at in rows.changed.items()},
    )


def _story(row: dict[str, Any], related: list[str], fillers: list[str], url_of: dict[str, str]) -> SampleStory:
    """Make a story.

    Args:
        row: as it is written.
        related: ids of the stories in its related block.
        fillers: of its site.
        url_of: address by id.
    """
    style, half = site_styles()[row["site"]], FILLERS_PER_SITE // 2
    return SampleStory(
        url=url_of[row["id"]],
        title=row["title"],
        topic=row["topic"],
        lang=style.lang,
        paragraphs=tuple(row["body"].strip().splitlines()),
        published=row["published"].replace(tzinfo=timezone(timedelta(hours=style.zone))),
        related=tuple(url_of[other] for other in related),
        read_also=url_of[row["read_also"]] if "read_also" in row else None,
        authors=tuple(row.get("authors", ())),
        origin=row.get("origin"),
        copy_of=url_of[row["copy_of"]] if "copy_of" in row else None,
        tags=tuple(row.get("tags", ())),
        popular=tuple(fillers[:half]),
        others=tuple(random.Random(row["id"]).sample(fillers[half:], half)),  # noqa: S311
        encoding=row.get("encoding"),
    )
