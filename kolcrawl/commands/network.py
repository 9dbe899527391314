"""`scrapy network`: the network in the browser, or as one file that opens without a server."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import print_lines, read_network
from kolcrawl.config import Config
from kolcrawl.errors import ArgumentError
from kolcrawl.locale import tr
from kolcrawl.network import open_network
from kolcrawl.store.server.embedded import running
from kolcrawl.system.invocation import install_line

if TYPE_CHECKING:
    from kolcrawl.network import Network

MAX_PORT = 65535
VIEW_MODULES = ("starlette", "uvicorn", "graspologic_native", "xlsxwriter")


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[--port N] [--no-browser] | --html FILE"

    def short_desc(self) -> str:
        return tr(
            "Show the network in the browser: map, course, stories, copies, changes; or write it as one HTML file"
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--port", type=_port, metavar="N", help=tr("port to listen on (default: a free one from 8765)")
        )
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            metavar="ADDRESS",
            help=tr("address to listen on; beyond 127.0.0.1 with a token"),
        )
        parser.add_argument("--no-browser", action="store_true", help=tr("print the address, open no browser"))
        parser.add_argument("--html", metavar="FILE", help=tr("write one file that opens offline, and end"))
        parser.add_argument("--crawl", default="", metavar="ID", help=tr("with --html: as this run saw it, or latest"))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Serve until Ctrl-C, or write the file; exit code 1 when that cannot be done."""
        if args:
            raise UsageError(tr("network takes no arguments"))
        assert self.settings is not None
        if missing := [name for name in VIEW_MODULES if find_spec(name) is None]:
            line = tr("{library} is not installed: {command}", library=missing[0], command=install_line("view"))
            print(f"scrapy network: {line}", file=sys.stderr)
            self.exitcode = 1
            return

        settings = self.settings

        def show(network: Network) -> None:
            from kolcrawl.store.removals import VIEW_FOLDER
            from kolcrawl.view import serve_network, write_offline_page

            config = Config.from_settings(settings)
            cache = config.data_dir / VIEW_FOLDER

            if opts.html:
                stories = write_offline_page(network, Path(opts.html), opts.crawl, cache)
                print_lines([tr("{n} stories written: {file}", n=stories, file=opts.html)])
                return
            if opts.crawl:
                raise ArgumentError("--crawl goes with --html: on the page, choose the crawl there")
            serve_network(
                network,
                opts.host,
                opts.port,
                cache=cache,
                reopen=None if config.mongo_uri else partial(_reopened, config),
                show=_announce,
                browser=not opts.no_browser,
            )

        self.exitcode = read_network(
            "network", self.settings, show, may_be_empty=not opts.html
        )  # the page lists the others


def _reopened(config: Config) -> Network | None:
    """Open the network again if its embedded server runs; who stopped it may not want it back."""
    running_here = running(config.data_dir) is not None
    return open_network(None, config.mongo_database, config.data_dir) if running_here else None


def _port(text: str) -> int:
    """Read a port for argparse.

    Raises:
        argparse.ArgumentTypeError: the text is none.
    """
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(tr("{text!r} is no port: give 0 to {last}", text=text, last=MAX_PORT))
    return int(text)


def _announce(address: str) -> None:
    print(tr("the network is shown at {address} until Ctrl-C", address=address), flush=True)
