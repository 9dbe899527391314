"""The arguments of a crawl as options: `--max-pages 500` for `-a max_pages=500`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scrapy.exceptions import UsageError

from kolcrawl.items import LINK_KINDS
from kolcrawl.locale import mark, tr

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

CRAWL_OPTIONS: Final[dict[str, tuple[str, str]]] = {
    "urls": ("FILE", mark("start from the URLs in this file, one a line")),
    "depth": ("N", mark("link steps from a seed (default: 2)")),
    "max_pages": ("N", mark("pages to ask for at most (default: 200; 0: no limit)")),
    "max_pages_per_site": ("N", mark("pages to ask of one site at most (default: 0, no limit)")),
    "about": ("WORDS", mark("a few words on the affair, to stay on it")),
    "follow_below": ("X", mark("links of lower relevance, 0 to 1, are not followed (default: 0)")),
    "kinds": ("KINDS", mark("kinds of links to follow, by commas: {kinds} (default: related)")),
    "scope": ("SCOPE", mark("site: the seeds' sites; listed: these and --sites; any (default)")),
    "sites": ("SITES", mark("further sites, for --scope listed")),
    "include": ("PATTERNS", mark("patterns of which a link's URL must match one")),
    "exclude": ("PATTERNS", mark("patterns of which it must match none")),
    "since": ("TIME", mark("only stories published from then on: a day, a time, or an age like 30d")),
    "until": ("TIME", mark("only stories published before then")),
    "languages": ("TAGS", mark("only stories in these languages, e.g. zh,en")),
    "crawl": ("NAME", mark("name by which workers on a shared frontier find each other (FRONTIER_URL)")),
    "refresh": ("WHICH", mark("stories known from earlier crawls: ask again for all, due (default) or none")),
}
"""By spider argument, what stands for its value in the help, and what it means."""
SAMPLE_OPTIONS: Final[dict[str, tuple[str, str]]] = {
    "edition": ("N", mark("edition of the sample web (default: the one after that of the crawl before)")),
} | CRAWL_OPTIONS  # fmt: skip
"""Those of `sample`."""


def add_crawl_options(parser: argparse.ArgumentParser, options: Mapping[str, tuple[str, str]]) -> None:
    """Add an option for each argument of a crawl."""
    group = parser.add_argument_group(tr("The crawl"))
    for name, (metavar, meaning) in options.items():
        said = tr(meaning, kinds=", ".join(LINK_KINDS))
        group.add_argument(f"--{name.replace('_', '-')}", dest=f"crawl_{name}", metavar=metavar, help=said)


def crawl_arguments(urls: list[str], opts: argparse.Namespace) -> dict[str, str]:
    """Return the spider arguments that were given.

    Args:
        urls: the URLs to start from.
        opts: with what `add_crawl_options` added.
    """
    given = {name: getattr(opts, f"crawl_{name}", None) for name in SAMPLE_OPTIONS}
    arguments = {name: value for name, value in given.items() if value is not None}
    return {"url": " ".join(urls), **arguments} if urls else arguments


def joined_arguments(plain: Mapping[str, str], options: Mapping[str, str]) -> dict[str, str]:
    """Return the spider arguments given as `-a NAME=VALUE` and those given as options, together.

    Raises:
        UsageError: one is given both ways, with two values.
    """
    for name, value in options.items():
        if (other := plain.get(name, value)) != value:
            raise UsageError(tr("{name} is given twice: {one!r} and {other!r}", name=name, one=value, other=other))
    return {**plain, **options}
