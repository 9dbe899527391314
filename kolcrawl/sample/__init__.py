"""A small news web of our own: the one that `scrapy crawl sample` crawls, and the truth for tests and benchmarks.

Five invented sites in four languages tell one invented affair. `sample_web` is written by hand (`stories.toml`), in
several editions, each some days after the one before (`editions.toml`); `grow` makes one of any size from the same
templates. `SiteServer` serves either as a proxy on loopback. It knows neither Scrapy nor the database.
"""

from __future__ import annotations

from kolcrawl.sample.editions import edition_after, edition_line, parse_edition
from kolcrawl.sample.grow import grow
from kolcrawl.sample.sample_story import SampleStory
from kolcrawl.sample.server import SiteServer, Weather
from kolcrawl.sample.web import SampleWeb
from kolcrawl.sample.written_web import edition_count, sample_web

__all__ = [
    "SampleStory",
    "SampleWeb",
    "SiteServer",
    "Weather",
    "edition_after",
    "edition_count",
    "edition_line",
    "grow",
    "parse_edition",
    "sample_web",
]
