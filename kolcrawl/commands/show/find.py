"""`scrapy find`: the stories whose title and text hold some words, or that options choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.changes_text import found_lines
from kolcrawl.cli.output_options import add_output_options, write_output
from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import print_json, print_lines, read_network
from kolcrawl.cli.selection_options import add_options, is_selective, parse_time, selection
from kolcrawl.cli.terminal import terminal_width
from kolcrawl.export.listings import list_found
from kolcrawl.locale import tr
from kolcrawl.network import found_stories

if TYPE_CHECKING:
    import argparse

    from kolcrawl.network import Network


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[WORDS] [options]"

    def short_desc(self) -> str:
        return tr("Find stories by words in title and text, in any language, or by options such as --status")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_output_options(parser, tr("print one JSON object a story, with its text"))
        add_options(parser, near=False)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the stories, latest first; exit code 1 when there is none."""
        words = [word for arg in args for word in arg.split()]
        if not words and not is_selective(opts):
            raise UsageError(tr("give a word, or several, or an option that chooses: scrapy find --status gone"))
        holds = False

        def show(network: Network) -> None:
            nonlocal holds
            if opts.crawl:
                network = network.of_crawl(opts.crawl)
            if then := parse_time("--as-of", opts.as_of):
                network = network.as_of(then)
            found = list(found_stories(network, words, selection(opts).where))
            found.sort(key=lambda row: (row.story["published_at"] or row.story["first_seen"], row.story["_id"]))
            holds = bool(found)
            found.reverse()
            if opts.output:
                write_output(list_found(found), opts.output)
            elif opts.json:
                for row in found:
                    print_json(row.story)
            else:
                print_lines(found_lines(found, terminal_width(), words=bool(words)))

        assert self.settings is not None
        self.exitcode = read_network("find", self.settings, show) or int(not holds)
