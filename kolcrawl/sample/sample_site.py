"""The sample web as written in `stories.toml`."""

from __future__ import annotations

import random
from datetime import timedelta, timezone

from kolcrawl.sample.grow import grow
from kolcrawl.sample.render import houses
from kolcrawl.sample.sample_story import SampleStory
from kolcrawl.sample.site import Site
from kolcrawl.text.tables import read_table

FILLERS = 10
"""Stories for each site that only its most-read and random lists lead to: none of them is about the affair."""


def sample_site() -> Site:
    """The web that `scrapy crawl sample` crawls; `seeds` holds the affair's main story."""
    told = read_table("stories.toml", "kolcrawl.sample")
    gone, moved, forbidden = told["gone"], told["redirect"], told["forbidden"]
    url_of = {row["id"]: f"http://{row['site']}{row['path']}" for row in told["story"]}
    url_of |= {row["id"]: row["url"] for row in (*gone, *moved, *forbidden)}
    stories: dict[str, SampleStory] = {}
    rest = grow(FILLERS * len(houses()), seed=7).truth
    for row in told["story"]:
        house = houses()[row["site"]]
        related = [*row.get("related", ()), *(f["id"] for f in forbidden if row["id"] in f["linked_from"])]
        fillers = [url for url, other in rest.items() if other.host == row["site"]]
        story = SampleStory(
            url=url_of[row["id"]],
            title=row["title"],
            topic=row["topic"],
            lang=house.lang,
            paragraphs=tuple(row["body"].strip().splitlines()),
            published=row["published"].replace(tzinfo=timezone(timedelta(hours=house.zone))),
            related=tuple(url_of[other] for other in related),
            read_also=url_of[row["read_also"]] if "read_also" in row else None,
            authors=tuple(row.get("authors", ())),
            origin=row.get("origin"),
            copy_of=url_of[row["copy_of"]] if "copy_of" in row else None,
            tags=tuple(row.get("tags", ())),
            popular=tuple(fillers[: FILLERS // 2]),
            others=tuple(random.Random(row["id"]).sample(fillers[FILLERS // 2 :], FILLERS // 2)),  # noqa: S311
            encoding=row.get("encoding"),
        )
        stories[story.url] = story
    return Site(
        truth=stories | rest,
        seeds=(url_of[told["start"]],),
        gone={row["url"]: row["status"] for row in gone},
        redirects={row["url"]: url_of[row["to"]] for row in moved},
        forbidden=tuple(row["url"] for row in forbidden),
        titles={row["url"]: row["title"] for row in (*gone, *moved, *forbidden)},
    )
