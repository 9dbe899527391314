"""The sample web as written in `stories.toml`."""

from __future__ import annotations

import tomllib
from datetime import timedelta, timezone
from importlib.resources import files

from kolcrawl.sample.render import houses
from kolcrawl.sample.site import SampleStory, Site

POPULAR, OTHERS = 4, 5
"""Links in the most-read and the last block of a page."""


def sample_site() -> Site:
    """The web that `scrapy crawl sample` crawls; `seeds` holds the affair's main story."""
    told = tomllib.loads((files("kolcrawl.sample") / "stories.toml").read_text("utf-8"))
    gone, moved, forbidden = told["gone"], told["redirect"], told["forbidden"]
    url_of = {row["id"]: f"http://{row['site']}{row['path']}" for row in told["story"]}
    url_of |= {row["id"]: row["url"] for row in (*gone, *moved, *forbidden)}
    stories: dict[str, SampleStory] = {}
    for row in told["story"]:
        house = houses()[row["site"]]
        related = [*row.get("related", ()), *(f["id"] for f in forbidden if row["id"] in f["linked_from"])]
        near = {*related, row["id"], row.get("read_also")}
        rest = [other["id"] for other in told["story"] if other["site"] == row["site"] and other["id"] not in near]
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
            popular=tuple(url_of[other] for other in rest[:POPULAR]),
            others=tuple(url_of[other] for other in rest[:-OTHERS:-1]),
            encoding=row.get("encoding"),
        )
        stories[story.url] = story
    return Site(
        truth=stories,
        seeds=(url_of[told["start"]],),
        gone={row["url"]: row["status"] for row in gone},
        redirects={row["url"]: url_of[row["to"]] for row in moved},
        forbidden=tuple(row["url"] for row in forbidden),
        titles={row["url"]: row["title"] for row in (*gone, *moved, *forbidden)},
    )
