"""`scrapy story`: show a story of the database, how it was found, and its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import note_removed_past, print_json, print_lines, read_network
from kolcrawl.cli.selection_options import AS_OF_HELP, parse_time
from kolcrawl.cli.story_text import story_lines, story_report
from kolcrawl.cli.terminal import terminal_width
from kolcrawl.locale import tr
from kolcrawl.network import meant_story

if TYPE_CHECKING:
    import argparse

    from kolcrawl.network import Network


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "URL|KEY|TITLE"

    def short_desc(self) -> str:
        return tr("Show a story of the network: how it was found, its copies, its links out and in, its visits")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--as-of", metavar="TIME", help=tr(AS_OF_HELP))
        parser.add_argument("--json", action="store_true", help=tr("print one JSON object instead of text"))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the story; exit code 1 when the network does not hold it."""
        if not args:
            raise UsageError(tr("give the URL of a story, its key or the beginning of it, or a part of its title"))

        def show(network: Network) -> None:
            then = parse_time("--as-of", opts.as_of)
            network = network.as_of(then) if then else network
            note_removed_past("story", network)
            report = story_report(network, meant_story(network, " ".join(args)))
            if opts.json:
                print_json(report)
            else:
                print_lines(story_lines(report, terminal_width()))

        assert self.settings is not None
        self.exitcode = read_network("story", self.settings, show)
