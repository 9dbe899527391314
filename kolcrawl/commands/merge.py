"""`scrapy merge`: which stories were merged into others, and undoing it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.merges_text import key_of, merge_lines
from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import print_lines, use_store
from kolcrawl.locale import tr

if TYPE_CHECKING:
    import argparse

    from kolcrawl.store.server.client import Store


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "list [URL|KEY] | undo URL|KEY..."

    def short_desc(self) -> str:
        return tr("List the stories that were merged into others, with what proves it; undo a merge")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Exit code 1 when a story that is to be set apart is not merged."""
        from kolcrawl.store.merge.undo import undo_merge

        if not args or args[0] not in ("list", "undo"):
            raise UsageError(tr("say `merge list` or `merge undo`"))
        action, *stories = args
        if action == "undo" and not stories:
            raise UsageError(tr("merge undo needs the URL or key of a merged story; `scrapy merge list` shows them"))
        if action == "list" and len(stories) > 1:
            raise UsageError(tr("merge list takes one URL or key at most"))

        def look(store: Store) -> int:
            print_lines(merge_lines(store.db, key_of(stories[0]) if stories else None))
            return 0

        def undo(store: Store) -> int:
            failed = 0
            for story in stories:
                root = undo_merge(store.db, key_of(story), "user")
                if root is None:
                    line = tr("{story} is not merged: see `scrapy merge list`", story=story)
                    print(f"scrapy merge: {line}", file=sys.stderr)
                    failed = 1
                else:
                    print(tr("{story} is a story of its own again, apart from {root}", story=story, root=root))
            return failed

        assert self.settings is not None
        self.exitcode = use_store("merge", self.settings, look if action == "list" else undo)
