"""`scrapy changes`: which stories are new, and which were retitled, rewritten, vanished or returned."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from scrapy.exceptions import UsageError

from kolcrawl.cli.changes_text import change_lines
from kolcrawl.cli.output_options import add_output_options, write_output
from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import note_removed_past, print_json, print_lines, read_network
from kolcrawl.cli.selection_options import known_values, parse_since
from kolcrawl.cli.terminal import UNCUT, terminal_width
from kolcrawl.export.listings import list_changes
from kolcrawl.locale import tr
from kolcrawl.network import changed_stories
from kolcrawl.report.story_changes import CHANGE_KINDS, OF_KNOWN_STORIES

if TYPE_CHECKING:
    import argparse

    from kolcrawl.network import Network
    from kolcrawl.report.story_changes import ChangeKind


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[--since TIME] [--crawl ID] [--what new,vanished,...]"

    def short_desc(self) -> str:
        return tr("List the stories that are new, or were retitled, rewritten, vanished or returned")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--since", metavar="TIME", help=tr("found from then on: a time (ISO 8601) or an age (12h, 30d)")
        )
        parser.add_argument(
            "--crawl", metavar="ID", help=tr("found by this run (its id, the beginning of it, or latest)")
        )
        parser.add_argument(
            "--what", action="append", default=[], metavar="KINDS",
            help=tr("only these kinds of changes, by commas: {known} (default: all; new with --since or --crawl only)",
                    known=", ".join(CHANGE_KINDS)),
        )  # fmt: skip
        add_output_options(parser, tr("print one JSON object a change, with what differs"))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the changes, oldest first; exit code 1 when there is no such run."""
        if args:
            raise UsageError(tr("changes takes no arguments"))

        def show(network: Network) -> None:
            since = parse_since("--since", opts.since)
            note_removed_past("changes", network, since)
            asked = cast("tuple[ChangeKind, ...]", known_values("--what", opts.what, CHANGE_KINDS))
            kinds = asked or (CHANGE_KINDS if since or opts.crawl else OF_KNOWN_STORIES)
            changes = changed_stories(network, since=since, crawl=opts.crawl, kinds=kinds, with_text=True)
            if opts.output:
                write_output(list_changes(changes), opts.output)
            elif opts.json:
                for change in changes:
                    print_json(asdict(change))
            else:
                print_lines(change_lines(changes, terminal_width(UNCUT)))

        assert self.settings is not None
        self.exitcode = read_network("changes", self.settings, show)
