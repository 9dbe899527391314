"""Read the sample web that is written by hand in `stories.toml`."""

from __future__ import annotations

import random
from datetime import timedelta, timezone

from kolcrawl.sample.grow import grow
from kolcrawl.sample.render import site_styles
from kolcrawl.sample.sample_story import SampleStory
from kolcrawl.sample.web import SampleWeb
from kolcrawl.text.tables import read_table

FILLERS_PER_SITE = 10
"""Stories of each site to which only its most-read and random lists lead; none is about the affair."""


def sample_web() -> SampleWeb:
    """Read the web that `scrapy crawl sample` crawls; `seeds` holds the main story of the affair."""
    table = read_table("stories.toml", "kolcrawl.sample")
    gone, moved, forbidden = table["gone"], table["redirect"], table["forbidden"]
    url_of = {row["id"]: f"http://{row['site']}{row['path']}" for row in table["story"]}
    url_of |= {row["id"]: row["url"] for row in (*gone, *moved, *forbidden)}
    stories: dict[str, SampleStory] = {}
    rest = grow(FILLERS_PER_SITE * len(site_styles()), seed=7).truth
    for row in table["story"]:
        style = site_styles()[row["site"]]
        related = [*row.get("related", ()), *(f["id"] for f in forbidden if row["id"] in f["linked_from"])]
        fillers = [url for url, other in rest.items() if other.host == row["site"]]
        story = SampleStory(
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
            popular=tuple(fillers[: FILLERS_PER_SITE // 2]),
            others=tuple(random.Random(row["id"]).sample(fillers[FILLERS_PER_SITE // 2 :], FILLERS_PER_SITE // 2)),  # noqa: S311
            encoding=row.get("encoding"),
        )
        stories[story.url] = story
    return SampleWeb(
        truth=stories | rest,
        seeds=(url_of[table["start"]],),
        gone={row["url"]: row["status"] for row in gone},
        redirects={row["url"]: url_of[row["to"]] for row in moved},
        forbidden=tuple(row["url"] for row in forbidden),
        titles={row["url"]: row["title"] for row in (*gone, *moved, *forbidden)},
    )
