"""What the arguments of a crawl mean, in a few words: for the help of `scrapy crawl` and of `kolcrawl crawl`."""

from __future__ import annotations

from typing import Final

from kolcrawl.items import LINK_KINDS
from kolcrawl.locale import mark, tr

CRAWL_ARGUMENTS: Final[dict[str, tuple[str, str]]] = {
    "urls": ("FILE", mark("start from the URLs in this file, one a line")),
    "depth": ("N", mark("link steps from a seed (default: 2)")),
    "max_pages": ("N", mark("pages to ask for at most (default: 200; 0: no limit)")),
    "max_pages_per_site": ("N", mark("pages to ask of one site at most (default: 0, no limit)")),
    "about": ("WORDS", mark("a few words on the affair, to stay on it")),
    "follow_below": ("X", mark("links of lower relevance, 0 to 1, are not followed (default: 0)")),
    "kinds": ("KINDS", mark("kinds of links to follow, by commas: {kinds} (default: related)")),
    "scope": ("SCOPE", mark("site: the seeds' sites; listed: these and those of -a sites=; any (default)")),
    "sites": ("SITES", mark("further sites, for -a scope=listed")),
    "include": ("PATTERNS", mark("patterns of which a link's URL must match one")),
    "exclude": ("PATTERNS", mark("patterns of which it must match none")),
    "since": ("TIME", mark("only stories published from then on: a day, a time, or an age like 30d")),
    "until": ("TIME", mark("only stories published before then")),
    "languages": ("TAGS", mark("only stories in these languages, e.g. zh,en")),
    "crawl": ("NAME", mark("name by which workers on a shared frontier find each other (FRONTIER_URL)")),
    "refresh": ("WHICH", mark("stories known from earlier crawls: ask again for all, due (default) or none")),
}
"""By argument, what stands for its value in the help, and what it means; the URLs to start from have no entry."""
SAMPLE_ARGUMENTS: Final[dict[str, tuple[str, str]]] = {
    "edition": ("N", mark("edition of the sample web (default: the one after that of the crawl before)")),
} | CRAWL_ARGUMENTS  # fmt: skip
"""Those of the spider `sample`."""


def argument_lines() -> list[str]:
    """Write a line for each argument of a crawl, as `-a NAME=VALUE` takes it."""
    known = {"url": ("URL", tr("the article to start from")), **CRAWL_ARGUMENTS}
    shown = {f"{name}={value}": tr(meaning, kinds=", ".join(LINK_KINDS)) for name, (value, meaning) in known.items()}
    width = max(map(len, shown))
    return [f"{name:<{width}}  {meaning}" for name, meaning in shown.items()]
