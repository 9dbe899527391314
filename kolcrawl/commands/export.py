"""`scrapy export`: write the network, or a part of it, to files for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import print_lines, read_network
from kolcrawl.cli.selection_options import add_options, parse_time, selection
from kolcrawl.export import FORMATS, export
from kolcrawl.locale import tr, trn

if TYPE_CHECKING:
    import argparse

    from kolcrawl.network import Network


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "-o FILE [options]"

    def short_desc(self) -> str:
        return tr("Write the network, or a part of it, to a file: {formats}", formats=", ".join(FORMATS))

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("-o", "--output", metavar="FILE", help=tr("the file; its name tells the format"))
        parser.add_argument("--format", choices=list(FORMATS), help=tr("where the file's name does not tell it"))
        add_options(parser)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write the files; exit code 1 when that cannot be done, and then none is left behind."""
        if args or not opts.output:
            raise UsageError(tr("give the file to write: scrapy export -o FILE"))

        def write(network: Network) -> None:
            chosen, then = selection(opts), parse_time("--as-of", opts.as_of)
            if opts.crawl:
                network = network.of_crawl(opts.crawl)
            if then:
                network = network.as_of(then)
            manifest = export(network, chosen, Path(opts.output), opts.format)
            counts = manifest["counts"]
            folder = Path(opts.output).parent
            files = ", ".join(str(folder / name) for name in [*manifest["files"], manifest["manifest"]])
            stories = trn("{n} story", "{n} stories", counts["nodes"])
            links = trn("{n} link", "{n} links", counts["edges"])
            lines = [tr("{stories} and {links} written: {files}", stories=stories, links=links, files=files)]
            if not counts["nodes"]:
                lines.append(
                    tr("no story is chosen: see `scrapy crawls` for what the database holds, or choose more widely")
                )
            print_lines(lines)

        assert self.settings is not None
        self.exitcode = read_network("export", self.settings, write)
