"""The base of the project's commands: the language in which they speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from kolcrawl.cli.help_format import CommandHelp
from kolcrawl.cli.setting_names import warn_of_misspelled
from kolcrawl.locale import LANGUAGES, set_language, tr

if TYPE_CHECKING:
    import argparse


class ProjectCommand(ScrapyCommand):
    """A command that takes `--lang`, and has Scrapy's own options explained in the same language."""

    requires_project = True

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add Scrapy's options and the language; those of the command follow."""
        super().add_options(parser)
        parser.formatter_class = CommandHelp
        for action in parser._actions:
            if action.help:
                action.help = tr(action.help)
        for group in parser._action_groups:
            group.title = tr(group.title) if group.title else None
        parser.add_argument(
            "--lang", choices=LANGUAGES,
            help=tr("language of what is shown here (default: that of KOLCRAWL_LANG, else of the locale)"),
        )  # fmt: skip

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read Scrapy's options and the language; warn of settings that are misspelled.

        Raises:
            UsageError: there is no such option, or one cannot be used.
        """
        known = list(self.settings or ())  # before those of the command line are among them
        super().process_options(args, opts)
        asked = opts.lang or (self.settings and self.settings.get("KOLCRAWL_LANG"))
        try:
            set_language(asked)
        except ValueError:
            there_are = ", ".join(LANGUAGES)
            raise UsageError(tr("KOLCRAWL_LANG={asked}: there are {known}", asked=asked, known=there_are)) from None
        _refuse_unknown(args)
        warn_of_misspelled(opts.set, known)


def _refuse_unknown(args: list[str]) -> None:
    """Raise UsageError for an option that the command has not: Scrapy hands it on as a word."""
    words = args[: args.index("--")] if "--" in args else args
    if unknown := [word for word in words if word.startswith("--")]:
        raise UsageError(tr("there is no option {name}", name=unknown[0]))
