"""`scrapy story`: show a story of the database, how it was found, and its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from kolcrawl.cli.run import print_json, print_lines, read_network
from kolcrawl.cli.selection_options import parse_time
from kolcrawl.cli.story_text import story_lines, story_report
from kolcrawl.cli.terminal import terminal_width
from kolcrawl.network import meant_story

if TYPE_CHECKING:
    import argparse

    from kolcrawl.network import Network


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "URL|KEY|TITLE"

    def short_desc(self) -> str:
        return "Show a story of the network: how it was found, its copies, its links out and in, its visits"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--as-of", metavar="TIME", help="as it had been observed then (ISO 8601; UTC if no zone)")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the story; exit code 1 when the network does not hold it."""
        if not args:
            raise UsageError("give the URL of a story, its key or the beginning of it, or a part of its title")

        def show(network: Network) -> None:
            then = parse_time("--as-of", opts.as_of)
            network = network.as_of(then) if then else network
            report = story_report(network, meant_story(network, " ".join(args)))
            if opts.json:
                print_json(report)
            else:
                print_lines(story_lines(report, terminal_width()))

        assert self.settings is not None
        self.exitcode = read_network("story", self.settings, show)
