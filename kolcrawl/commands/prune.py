"""`scrapy prune`: removes old visits, whose counts and links stay."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import use_store
from kolcrawl.cli.selection_options import parse_since
from kolcrawl.errors import ArgumentError, StoreError
from kolcrawl.locale import mark, os_reason, shown, tr

if TYPE_CHECKING:
    import argparse

    from kolcrawl.store.maintain.prune import Pruning
    from kolcrawl.store.server.client import Store


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "--before TIME [--archive FILE] [--dry-run]"

    def short_desc(self) -> str:
        return tr("Remove old visits; what followed from them stays, but the past before is not shown any more")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--before", metavar="TIME", help=tr("visits before then go: a time (ISO 8601) or an age (12h, 30d)")
        )
        parser.add_argument(
            "--archive", metavar="FILE", type=Path, help=tr("write them to this file first (gzip, JSON lines)")
        )
        parser.add_argument("--dry-run", action="store_true", help=tr("only say what would go"))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Exit code 1 when it cannot be done, 2 when the time cannot be read."""
        from kolcrawl.store.maintain.prune import plan_pruning, prune
        from kolcrawl.store.write.runs import tidy_up

        if args or not opts.before:
            raise UsageError(tr("say which visits go: --before TIME"))
        try:
            before = parse_since("--before", opts.before)
        except ArgumentError as error:
            raise UsageError(shown(error)) from None
        assert before is not None
        before = min(before, datetime.now(UTC))  # else the next crawls would begin in the past that is removed
        before = before.replace(microsecond=before.microsecond // 1000 * 1000)

        def look(store: Store) -> int:
            if opts.dry_run:
                plan = plan_pruning(store.db, before)
                would = mark(
                    "{visits} visits to {n} stories would go; {left} stories are being visited and would not change"
                )
                print(tr(would, visits=plan.visits, n=plan.stories, left=len(plan.passed_over)))
                return 0
            tidy_up(store)  # what a killed crawl left half written is finished while its visits are there
            try:
                done = prune(store.db, before, opts.archive)
            except OSError as error:
                raise StoreError("{path}: {reason}", path=opts.archive, reason=os_reason(error)) from error
            _tell(done, opts.archive)
            return 0

        assert self.settings is not None
        self.exitcode = use_store("prune", self.settings, look)


def _tell(done: Pruning, archive: Path | None) -> None:
    gone = mark("{visits} visits to {n} stories were removed, and {lists} lists that no page shows")
    print(tr(gone, visits=done.visits, n=done.stories, lists=done.lists))
    if done.lacking:
        lacking = mark(
            "{visits} more visits to {n} stories are from before then, but not in {file}: run it again with --archive"
            " and the name of another file"
        )
        print(tr(lacking, visits=done.lacking.visits, n=done.lacking.stories, file=archive), file=sys.stderr)
    if done.passed_over:
        left = mark("{n} stories were being visited and keep theirs: run it again later")
        if archive:  # what is in the file is what goes
            left = mark(
                "{n} stories were being visited and keep theirs: run it again later, with --archive and the name of"
                " another file"
            )
        print(tr(left, n=len(done.passed_over)), file=sys.stderr)
