"""`scrapy flush-spool`: write to the database what a crawl that lost it kept on disk."""  # noqa: N999 - the command's name

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import use_store
from kolcrawl.locale import mark, tr

if TYPE_CHECKING:
    import argparse

    from kolcrawl.store.server.client import Store


class Command(ProjectCommand):
    requires_crawler_process = False

    def short_desc(self) -> str:
        return tr("Write to the database what a crawl had to keep on disk (the next crawl does so, too)")

    def syntax(self) -> str:
        return "[--held]"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--held",
            action="store_true",
            help=tr("also what was kept for the same database at another server, of which this one is a copy"),
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write the spool; exit code 1 when something could not be written."""
        from kolcrawl.store.write.runs import tidy_up

        if args:
            raise UsageError(tr("flush-spool takes no arguments"))

        def flush(store: Store) -> int:
            flushed = tidy_up(store, held=opts.held)
            written = mark("{n} visits written from {files} files, {repeated} had been written before")
            print(tr(written, n=flushed.written, files=flushed.files, repeated=flushed.repeated))
            if flushed.refused:
                print(tr("{n} were refused: see *.refused.jsonl in {folder}", n=flushed.refused, folder=flushed.folder))
            if flushed.damaged:
                damaged = mark("{n} lines could not be read: see *.damaged.jsonl in {folder}")
                print(tr(damaged, n=flushed.damaged, folder=flushed.folder))
            if flushed.busy:
                print(tr("{n} files are in use by a crawl that is running", n=flushed.busy))
            if flushed.for_others:
                print(tr("{n} files are meant for another database", n=flushed.for_others))
            if flushed.held:
                waiting = mark(
                    "{n} files wait: they were kept for the database at {server}, and this one is a copy of it, or it"
                    " was moved here; --held writes them here"
                )
                print(tr(waiting, n=flushed.held, server=flushed.held_for))
            return 1 if flushed.refused or flushed.damaged else 0

        assert self.settings is not None
        self.exitcode = use_store("flush-spool", self.settings, flush)
