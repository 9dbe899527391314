"""`scrapy crawls`: list the runs, or show one with what to do about each reason of failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.crawls_text import crawl_lines, list_lines
from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import print_json, print_lines, read_network
from kolcrawl.cli.terminal import UNCUT, terminal_width
from kolcrawl.locale import tr
from kolcrawl.system.invocation import as_typed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import Any

    from kolcrawl.network import Network


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[ID|JOB|latest]"

    def short_desc(self) -> str:
        return tr("List the runs, or show one with its failures and what to do about them")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help=tr("print JSON instead of text, one object a run"))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the runs; exit code 1 when there is no such run."""
        if len(args) > 1:
            raise UsageError(tr("give one id"))

        def show(network: Network) -> None:
            width = terminal_width(UNCUT)
            runs = [network.crawl(args[0])] if args else network.crawls()
            if opts.json:
                for run in runs:
                    print_json(run)
            else:
                lines = crawl_lines(runs[0], width, _others(network, runs[0])) if args else list_lines(runs, width)
                print_lines(map(as_typed, lines))

        assert self.settings is not None
        self.exitcode = read_network("crawls", self.settings, show)


def _others(network: Network, run: Mapping[str, Any]) -> list[str]:
    """Return the ids of the other runs of a run's job, latest first."""
    job = run.get("job")
    return [
        other["_id"] for other in network.crawls() if job and other.get("job") == job and other["_id"] != run["_id"]
    ]
