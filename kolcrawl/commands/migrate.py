"""`scrapy migrate`: bring a database to the schema that this version writes."""

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

    def syntax(self) -> str:
        return "[--rekey] [--rederive]"

    def short_desc(self) -> str:
        return tr("Bring the database to this version's schema; safe to run twice")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        rederive = tr("derive counts, links and revisions of all stories anew from their visits")
        rekey_all = tr("check the keys of all stories, even if the rules of URLs are those that they were stored by")
        parser.add_argument("--rekey", action="store_true", help=rekey_all)
        parser.add_argument("--rederive", action="store_true", help=rederive)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Migrate the database; exit code 1 when it cannot be done."""
        from kolcrawl.store.maintain.mend_notices import mend_notices
        from kolcrawl.store.maintain.migrate import migrate, rederive_all
        from kolcrawl.store.merge.rekey import rekey, rules_differ
        from kolcrawl.store.schema import SCHEMA
        from kolcrawl.store.write.runs import tidy_up

        if args:
            raise UsageError(tr("migrate takes no arguments"))

        def bring_up_to_date(store: Store) -> int:
            steps = migrate(store.db)
            if steps:
                print(tr("schema {number}, after {n} steps", number=SCHEMA, n=len(steps)))
            else:
                print(tr("schema {number}, as it was", number=SCHEMA))
            tidy_up(store)
            if mended := mend_notices(store.db):
                print(tr("{n} stories that showed a notice show their last good reading again", n=mended))
            if opts.rekey or rules_differ(store.db):
                found = rekey(store.db, force=opts.rekey)
                line = mark("keys by today's rules of URLs: {moved} stories have new ones, {merged} were merged")
                print(tr(line, moved=found.moved, merged=found.merged))
            if opts.rederive:
                print(tr("{n} stories derived anew", n=rederive_all(store.db)))
            return 0

        assert self.settings is not None
        self.exitcode = use_store("migrate", self.settings, bring_up_to_date, older=True)
