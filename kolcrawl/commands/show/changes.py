"""`scrapy changes`: which stories were retitled, rewritten, vanished or returned since they were read before."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.changes_text import change_lines
from kolcrawl.cli.output_options import add_output_options, write_output
from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import note_removed_past, print_json, print_lines, read_network
from kolcrawl.cli.selection_options import parse_since
from kolcrawl.cli.terminal import UNCUT, terminal_width
from kolcrawl.export.listings import list_changes
from kolcrawl.locale import tr
from kolcrawl.network import changed_stories

if TYPE_CHECKING:
    import argparse

    from kolcrawl.network import Network


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[--since TIME] [--crawl ID]"

    def short_desc(self) -> str:
        return tr("List the stories that were retitled, rewritten, vanished or returned")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--since", metavar="TIME", help=tr("found from then on: a time (ISO 8601) or an age (12h, 30d)")
        )
        parser.add_argument(
            "--crawl", metavar="ID", help=tr("found by this run (its id, the beginning of it, or latest)")
        )
        add_output_options(parser, tr("print one JSON object a change, with what differs"))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the changes, oldest first; exit code 1 when there is no such run."""
        if args:
            raise UsageError(tr("changes takes no arguments"))

        def show(network: Network) -> None:
            since = parse_since("--since", opts.since)
            note_removed_past("changes", network, since)
            changes = changed_stories(network, since=since, crawl=opts.crawl, with_text=True)
            if opts.output:
                write_output(list_changes(changes), opts.output)
            elif opts.json:
                for change in changes:
                    print_json(asdict(change))
            else:
                print_lines(change_lines(changes, terminal_width(UNCUT)))

        assert self.settings is not None
        self.exitcode = read_network("changes", self.settings, show)
