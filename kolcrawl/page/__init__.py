"""Reading pages: `read_page(body, url, headers, rules) -> Page`.

A pure function of bytes, URL, headers and site rules: no Scrapy, no database, no clock but the one passed in. The same
function serves the crawl, `scrapy extract`, the tests and the benchmarks. The page is parsed once (`document.py`) and
walked once (`outline_builder.py`); all readers share the tree and the outline, and none changes them.

`facts/` reads what the page says of its story, `related/` which stories it links to. A new language is words in data
files (`kolcrawl/data`); a site that needs help is a `SiteRules` value.
"""

from __future__ import annotations

from kolcrawl.page.document import Document, parse_document
from kolcrawl.page.page import Page, PageLink, StoryFacts
from kolcrawl.page.read import read_page
from kolcrawl.page.site_rules import SiteRules

__all__ = ["Document", "Page", "PageLink", "SiteRules", "StoryFacts", "parse_document", "read_page"]
