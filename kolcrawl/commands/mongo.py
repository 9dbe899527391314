"""`scrapy mongo`: show where the network is, for any MongoDB client; run the embedded server if none is running."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.config import Config
from kolcrawl.errors import KolcrawlError
from kolcrawl.locale import shown, tr
from kolcrawl.store.server import embedded
from kolcrawl.store.server.client import server_lines

if TYPE_CHECKING:
    import argparse


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[--print | --stop]"

    def short_desc(self) -> str:
        return tr("Tell where the network is; run the embedded database if it is not running")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--print", action="store_true", dest="only_print",
            help=tr("print the address alone and end; the embedded database is started if need be, and goes on"),
        )  # fmt: skip
        parser.add_argument("--stop", action="store_true", help=tr("end the embedded database"))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Show where the server is, or stop it; exit code 1 when it cannot be reached, 2 for a wrong setting."""
        if args:
            raise UsageError(tr("mongo takes no arguments"))
        assert self.settings is not None
        try:
            config = Config.from_settings(self.settings)
            if opts.stop:
                self._stop(config)
                return
            own = config.mongo_uri is None
            was_running = own and embedded.running(config.data_dir) is not None
            stays = own and not was_running and not opts.only_print
            if stays:
                config = replace(config, embedded_idle_minutes=0.0)  # it goes on for as long as this command
            address, lines = server_lines(config)
            for line in lines:
                print(line, file=sys.stderr if opts.only_print else sys.stdout, flush=True)
            if opts.only_print:
                print(address, flush=True)
            if stays:
                print(tr("running until Ctrl-C; crawls and readers of this folder share it"), flush=True)
                embedded.run_foreground(config.data_dir)
        except KolcrawlError as error:
            print(f"scrapy mongo: {shown(error)}", file=sys.stderr)
            self.exitcode = error.exit_code

    def _stop(self, config: Config) -> None:
        if config.mongo_uri is not None:
            line = tr("MONGO_URI is set, and that server is not kolcrawl's to stop")
            print(f"scrapy mongo: {line}", file=sys.stderr)
            self.exitcode = 2
            return
        stopped = embedded.stop(config.data_dir)
        none = tr("no embedded database is running on {folder}", folder=config.data_dir)
        print(tr("stopped") if stopped else none)
