"""The arguments of a crawl as options: `--max-pages 500` for `-a max_pages=500`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.crawl.argument_help import SAMPLE_ARGUMENTS
from kolcrawl.items import LINK_KINDS
from kolcrawl.locale import tr
from kolcrawl.system.invocation import as_typed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


def add_crawl_options(parser: argparse.ArgumentParser, options: Mapping[str, tuple[str, str]]) -> None:
    """Add an option for each argument of a crawl."""
    group = parser.add_argument_group(tr("The crawl"))
    for name, (metavar, meaning) in options.items():
        said = as_typed(tr(meaning, kinds=", ".join(LINK_KINDS)))
        group.add_argument(f"--{name.replace('_', '-')}", dest=f"crawl_{name}", metavar=metavar, help=said)


def crawl_arguments(urls: list[str], opts: argparse.Namespace) -> dict[str, str]:
    """Return the spider arguments that were given.

    Args:
        urls: the URLs to start from.
        opts: with what `add_crawl_options` added.
    """
    given = {name: getattr(opts, f"crawl_{name}", None) for name in SAMPLE_ARGUMENTS}
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
