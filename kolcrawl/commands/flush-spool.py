"""`scrapy flush-spool`: write to the database what a crawl that lost it kept on disk."""  # noqa: N999 - the command's name

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from kolcrawl.cli.run import use_store

if TYPE_CHECKING:
    import argparse

    from kolcrawl.store.server.client import Store


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        return "Write to the database what a crawl had to keep on disk (the next crawl does so, too)"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write the spool; exit code 1 when something could not be written."""
        from kolcrawl.store.write.runs import tidy_up

        if args:
            raise UsageError("flush-spool takes no arguments")

        def flush(store: Store) -> int:
            flushed = tidy_up(store)
            written = f"{flushed.written} visits written from {flushed.files} files"
            print(f"{written}, {flushed.repeated} had been written before")
            if flushed.refused:
                print(f"{flushed.refused} were refused: see *.refused.jsonl in {flushed.folder}")
            if flushed.damaged:
                print(f"{flushed.damaged} lines could not be read: see *.damaged.jsonl in {flushed.folder}")
            if flushed.busy:
                print(f"{flushed.busy} files are in use by a crawl that is running")
            if flushed.for_others:
                print(f"{flushed.for_others} files are meant for another database")
            return 1 if flushed.refused or flushed.damaged else 0

        assert self.settings is not None
        self.exitcode = use_store("flush-spool", self.settings, flush)
