"""A small news web of our own: what `scrapy crawl sample` shows, and a truth that tests and benchmarks check against.

Five invented sites in four languages tell one invented affair. `sample_site` is written by hand (`stories.toml`);
`grow` makes one of any size from the same templates. `SiteServer` serves either as a proxy on loopback.
It knows neither Scrapy nor the database.
"""

from __future__ import annotations

from kolcrawl.sample.grow import grow
from kolcrawl.sample.sample_site import sample_site
from kolcrawl.sample.sample_story import SampleStory
from kolcrawl.sample.server import SiteServer, Weather
from kolcrawl.sample.site import Site

__all__ = ["SampleStory", "Site", "SiteServer", "Weather", "grow", "sample_site"]
