"""`scrapy check-store`: check that the database holds what docs/mongodb.md promises."""  # noqa: N999 - the name of the command

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import use_store
from kolcrawl.locale import listed, tr, trn
from kolcrawl.system.invocation import as_typed

if TYPE_CHECKING:
    import argparse

    from kolcrawl.store.server.client import Store


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[--max N]"

    def short_desc(self) -> str:
        return tr("Verify the stored network against every promise of docs/mongodb.md")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--max", type=int, default=100, metavar="N", help=tr("findings to print (default: 100)"))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print what does not hold; exit code 1 when there is any, or the database cannot be read."""
        from kolcrawl.store.maintain.check import check_store
        from kolcrawl.store.server.client import COUNTED

        if args:
            raise UsageError(tr("check-store takes no arguments"))
        documents: Counter[str] = Counter()

        def check(store: Store) -> int:
            found = 0
            for found, finding in enumerate(check_store(store.db, documents.__setitem__), 1):
                if found <= opts.max:
                    print(as_typed(str(finding)), flush=True)
            names = [*COUNTED, *(name for name in documents if name not in COUNTED)]
            counts = (tr(COUNTED.get(name, "{n} {name}"), n=documents[name], name=name) for name in names)
            held = listed(counts) if documents["stories"] else tr("an empty database")
            if not found:
                line = tr("no faults found in {held}", held=held)
            else:
                line = trn("{n} fault found in {held}", "{n} faults found in {held}", found, held=held)
            print(tr("{line} ({n} shown)", line=line, n=opts.max) if found > opts.max else line)
            print(tr("in {uri} database {name}", uri=store.uri_shown, name=store.db.name), file=sys.stderr)
            return 1 if found else 0

        assert self.settings is not None
        self.exitcode = use_store("check-store", self.settings, check, older=True)
