"""`scrapy export`: write the network, or a part of it, to files for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import print_lines, read_network
from kolcrawl.cli.selection_options import add_options, known_values, parse_time, selection
from kolcrawl.errors import ConfigError
from kolcrawl.export import FORMATS, MEASURES, export
from kolcrawl.locale import clock, mark, shown, tr, trn, zone_name
from kolcrawl.network import StoryFilter
from kolcrawl.network.extras import need
from kolcrawl.network.seen_runs import observed_span

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import Any

    from kolcrawl.network import Network
    from kolcrawl.network.selection import Selection


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
        parser.add_argument(
            "--measures",
            action="append",
            default=[],
            metavar="NAMES",
            help=tr("compute these for each node, by commas: {names}, or all", names=", ".join(MEASURES)),
        )
        parser.add_argument(
            "--no-picture", action="store_true", help=tr("GEXF without places, sizes and colours of the nodes")
        )
        add_options(parser)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write the files; exit code 1 when that cannot be done, and then none is left behind."""
        if args or not opts.output:
            raise UsageError(tr("give the file to write: scrapy export -o FILE"))

        from kolcrawl.cli.export_progress import ExportProgress  # it loads what draws the progress of a crawl

        def write(network: Network) -> None:
            chosen, then = selection(opts), parse_time("--as-of", opts.as_of)
            measures = known_values("--measures", opts.measures, [*MEASURES, "all"])
            if opts.crawl:
                network = network.of_crawl(opts.crawl)
            if then:
                network = network.as_of(then)
            missing = None if opts.no_picture else _missing_for_picture()
            passes = 2 if measures or not (opts.no_picture or missing) else 1
            with ExportProgress(sys.stderr, _rows_of(network, chosen), passes) as progress:
                manifest = export(
                    network, chosen, Path(opts.output), opts.format,
                    measures=tuple(MEASURES) if "all" in measures else measures,
                    picture=not opts.no_picture and not missing,
                    watch=progress.show,
                )  # fmt: skip
            print_lines(_told(manifest, Path(opts.output).parent, network))
            if missing and manifest["format"] == "gexf":
                print_lines([tr("without places and colours of the nodes: {missing}", missing=missing)])

        assert self.settings is not None
        self.exitcode = read_network("export", self.settings, write)


def _rows_of(network: Network, chosen: Selection) -> int | None:
    """Count the stories and links of the whole network, where nothing less is chosen."""
    if network.moment or network.crawl_id or chosen.seeds or chosen.kinds or chosen.where != StoryFilter():
        return None
    return sum(network.db[name].estimated_document_count() for name in ("stories", "links"))


def _missing_for_picture() -> str | None:
    """Return what the picture lacks, in words; it is not asked for, so it is no error that it cannot be had."""
    try:
        need("graspologic_native")
    except ConfigError as error:
        return shown(error)
    return None


def _told(manifest: Mapping[str, Any], folder: Path, network: Network) -> list[str]:
    counts = manifest["counts"]
    files = ", ".join(str(folder / name) for name in [*manifest["files"], manifest["manifest"]])
    by_site = "stories" in counts
    stories = trn("{n} story", "{n} stories", counts["stories" if by_site else "nodes"])
    links = trn("{n} link", "{n} links", counts["links" if by_site else "edges"])
    if by_site:
        sites = trn("{n} site", "{n} sites", counts["nodes"])
        edges = trn("{n} edge", "{n} edges", counts["edges"])
        text = mark("{sites} and {edges} of {stories} and {links} written: {files}")
        lines = [tr(text, sites=sites, edges=edges, stories=stories, links=links, files=files)]
    else:
        lines = [tr("{stories} and {links} written: {files}", stories=stories, links=links, files=files)]
    if not counts["nodes"]:
        lines.append(_why_empty(network))
    return lines


def _why_empty(network: Network) -> str:
    """Say why nothing was written: nothing had been observed yet, or nothing is chosen."""
    span = observed_span(network.db, network.crawl_id) if network.moment else None
    if span is None or network.moment is None or network.moment >= span[0]:
        return tr("no story is chosen: see `scrapy crawls` for what the database holds, or choose more widely")
    first, last = (f"{clock(at, seconds=True)} {zone_name()}" for at in span)
    before = mark(
        "--as-of is the time of observation, not of publication: nothing had been observed by then, the first time was"
        " {first}, the last {last}"
    )
    return tr(before, first=first, last=last)
