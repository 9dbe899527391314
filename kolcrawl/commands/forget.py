"""`scrapy forget`: removes what was wrongly crawled, or a whole database, after showing what would go."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.merges_text import key_of
from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import use_store
from kolcrawl.cli.selection_options import check_sites
from kolcrawl.errors import StoreError
from kolcrawl.locale import listed, mark, os_reason, tr, trn
from kolcrawl.network import Network

if TYPE_CHECKING:
    import argparse

    from kolcrawl.store.server.client import Store

MAX_SHOWN_STORIES = 20
"""Addresses that are shown of those that would go."""


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "URL|KEY... | --site DOMAIN | --crawl ID | --all  [--yes]"

    def short_desc(self) -> str:
        return tr("Remove stories, a site or a crawl, with all that came from it alone, or a whole database")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--site", metavar="DOMAIN", help=tr("all stories of a registrable domain"))
        parser.add_argument("--crawl", metavar="ID", help=tr("the visits of a crawl; what others saw stays"))
        parser.add_argument("--all", action="store_true", help=tr("the whole database (MONGO_DATABASE)"))
        parser.add_argument("--yes", action="store_true", help=tr("remove it without asking"))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Exit code 1 when there is nothing to remove, or it is not wanted after all."""
        from kolcrawl.store.maintain.forget import finish_forgetting, forget, plan_forgetting
        from kolcrawl.store.removals import remove_kept_rows
        from kolcrawl.store.site_notes import store_varying

        if bool(args) + bool(opts.site) + bool(opts.crawl) + opts.all != 1:
            raise UsageError(tr("say what to forget: URLs or keys of stories, --site DOMAIN, --crawl ID or --all"))
        assert self.settings is not None
        if opts.all:
            self.exitcode = use_store("forget", self.settings, lambda store: _forget_all(store, yes=opts.yes))
            return

        def look(store: Store) -> int:
            if finish_forgetting(store.db):
                remove_kept_rows(store.data_dir, store.db.name)
            keys = [key_of(story) for story in args]
            crawl = Network(store.db).crawl(opts.crawl)["_id"] if opts.crawl else None
            plan = plan_forgetting(store.db, stories=keys, site=opts.site, crawl=crawl)
            known = {row["_id"]: row["url"] for row in store.db["stories"].find({"_id": {"$in": keys}}, {"url": 1})}
            if missing := [story for story, key in zip(args, keys, strict=True) if key not in known]:
                line = tr("not in the network: {stories}", stories=", ".join(missing))
                print(f"scrapy forget: {line}", file=sys.stderr)
                return 1
            if not (plan.removed or plan.emptied or plan.visits):
                check_sites(store.db, [opts.site] if opts.site else [])
                nothing = tr("there is nothing to remove")
                print(f"scrapy forget: {nothing}", file=sys.stderr)
                return 1
            for key in plan.removed[:MAX_SHOWN_STORIES]:
                print((store.db["stories"].find_one({"_id": key}, {"url": 1}) or {"url": key})["url"])
            if len(plan.removed) > MAX_SHOWN_STORIES:
                print(tr("... and {n} more", n=len(plan.removed) - MAX_SHOWN_STORIES))
            going = trn("{n} story goes", "{n} stories go", len(plan.removed))
            emptied = trn(
                "what was read of {n} story goes, which stays as a stub if others still link to it",
                "what was read of {n} stories goes, which stay as stubs if others still link to them",
                len(plan.emptied),
            )
            parts = [going] if plan.removed else []
            parts += [emptied] if plan.emptied else []
            parts.append(tr("{visits} visits and {links} links go", visits=plan.visits, links=plan.links))
            print(tr("; ").join(parts))
            if plan.changed:
                print(trn("{n} story keeps other visits", "{n} stories keep other visits", len(plan.changed)))
            if not opts.yes and not _agreed():
                print(tr("nothing was removed (--yes removes without asking)"))
                return 1
            forget(store.db, plan)
            remove_kept_rows(store.data_dir, store.db.name)
            if opts.site:
                store_varying(store.db, opts.site, ())
            print(tr("removed"))
            return 0

        self.exitcode = use_store("forget", self.settings, look)


def _forget_all(store: Store, *, yes: bool) -> int:
    """Show what a whole database holds, and remove it. Return the exit code."""
    from kolcrawl.notify.options import OUTBOX_FOLDER
    from kolcrawl.notify.outbox import remove_stored
    from kolcrawl.store.maintain.forget_database import forget_database, look_at_database

    name = store.db.name
    try:
        whole = look_at_database(store)
        if whole.is_empty:
            raise StoreError("the database {name!r} holds nothing", name=name)
        if whole.running:
            running = mark("a crawl is writing to the database {name!r}: stop it first ({crawl})")
            raise StoreError(running, name=name, crawl=whole.running[0])
        stories = trn("{n} story", "{n} stories", whole.stories)
        visits = trn("{n} visit", "{n} visits", whole.visits)
        held = listed((stories, visits, trn("{n} crawl", "{n} crawls", len(whole.crawls))))
        print(tr("the whole database {name!r} at {uri} goes: {held}", name=name, uri=store.uri_shown, held=held))
        for path in whole.files:
            print(tr("with it, what could not be written yet: {file}", file=path))
        if not yes and not _agreed():
            print(tr("nothing was removed (--yes removes without asking)"))
            return 1
        forget_database(store, whole)
        remove_stored(store.data_dir / OUTBOX_FOLDER, name, whole.crawls)
    except OSError as error:
        raise StoreError("{path}: {reason}", path=error.filename, reason=os_reason(error)) from error
    print(tr("removed"))
    return 0


def _agreed() -> bool:
    """Ask on a terminal; elsewhere nobody agrees."""
    if not sys.stdin.isatty():
        return False
    try:
        return input(tr("remove this? [y/N] ")).strip().lower() in ("y", "yes")
    except EOFError:  # Ctrl-D
        print()
        return False
