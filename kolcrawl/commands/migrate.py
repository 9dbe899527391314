"""`scrapy migrate`: bring a database to the schema that this version writes."""

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

    def syntax(self) -> str:
        return "[--rekey] [--rederive]"

    def short_desc(self) -> str:
        return "Bring the database to this version's schema; safe to run twice"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        rederive = "derive counts, links and revisions of all stories anew from their visits"
        rekey_all = "check the keys of all stories, even if the rules of URLs are those that they were stored by"
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
            raise UsageError("migrate takes no arguments")

        def bring_up_to_date(store: Store) -> int:
            steps = migrate(store.db)
            print(f"schema {SCHEMA}" + (f", after {len(steps)} steps" if steps else ", as it was"))
            tidy_up(store)
            if mended := mend_notices(store.db):
                print(f"{mended} stories that showed a notice show their last good reading again")
            if opts.rekey or rules_differ(store.db):
                found = rekey(store.db, force=opts.rekey)
                print(f"keys by today's rules of URLs: {found.moved} stories have new ones, {found.merged} were merged")
            if opts.rederive:
                print(f"{rederive_all(store.db)} stories derived anew")
            return 0

        assert self.settings is not None
        self.exitcode = use_store("migrate", self.settings, bring_up_to_date, older=True)
