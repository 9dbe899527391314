"""`scrapy copies`: who copied whom, how long after, and what differs."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

from kolcrawl.cli.changes_text import copy_lines
from kolcrawl.cli.output_options import add_output_options, write_output
from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import print_json, print_lines, read_network
from kolcrawl.cli.selection_options import whole_number
from kolcrawl.cli.terminal import terminal_width
from kolcrawl.export.listings import list_copies
from kolcrawl.locale import tr
from kolcrawl.network import copied_stories, meant_story

if TYPE_CHECKING:
    import argparse

    from kolcrawl.network import Network

GROUPS_SHOWN = 20


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[URL|KEY|TITLE]"

    def short_desc(self) -> str:
        return tr("List originals with their copies: where, how long after, and what differs")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--limit", type=whole_number, metavar="N",
            help=tr(
                "originals shown, those with most copies first (default: {n}, in files all; 0: all)", n=GROUPS_SHOWN
            ),
        )  # fmt: skip
        add_output_options(parser, tr("print one JSON object an original, with the sentences"))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the groups of copies, or that of one story; exit code 1 when the network does not hold it."""

        def show(network: Network) -> None:
            story = meant_story(network, " ".join(args)) if args else None
            usual = 0 if opts.output else GROUPS_SHOWN
            limit = usual if opts.limit is None else opts.limit
            groups = islice(copied_stories(network, story), limit or None)
            if opts.output:
                write_output(list_copies(groups), opts.output)
            elif opts.json:
                for group in groups:
                    print_json(asdict(group))
            else:
                print_lines(copy_lines(list(groups), terminal_width()))

        assert self.settings is not None
        self.exitcode = read_network("copies", self.settings, show)
