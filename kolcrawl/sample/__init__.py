"""A small news web of our own: the one that `scrapy crawl sample` crawls, and the truth for tests and benchmarks.

Five invented sites in four languages tell one invented affair. `sample_web` is written by hand (`stories.toml`);
`grow` makes one of any size from the same templates. `SiteServer` serves either as a proxy on loopback.
It knows neither Scrapy nor the database.
"""

from __future__ import annotations

from kolcrawl.sample.grow import grow
from kolcrawl.sample.sample_story import SampleStory
from kolcrawl.sample.server import SiteServer, Weather
from kolcrawl.sample.web import SampleWeb
from kolcrawl.sample.written_web import sample_web

__all__ = ["SampleStory", "SampleWeb", "SiteServer", "Weather", "grow", "sample_web"]
