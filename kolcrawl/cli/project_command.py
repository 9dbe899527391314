"""The base of the project's commands: the language in which they speak."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from kolcrawl.cli.given_settings import check_log, warn_of_misspelled
from kolcrawl.cli.help_format import CommandHelp
from kolcrawl.errors import WrongSettingError
from kolcrawl.locale import LANGUAGES, set_language, shown, tr

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Iterable


NEAR = 0.65
"""How alike two names of options are, 0 to 1, from which one may be meant for the other."""


class ProjectCommand(ScrapyCommand):
    """A command that takes `--lang`, and has Scrapy's own options explained in the same language."""

    requires_project = True
    arguments: Collection[str] = ()
    """Names that the command takes as `-a NAME=VALUE`."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add Scrapy's options and the language; those of the command follow."""
        super().add_options(parser)
        self._options = parser._option_string_actions  # of all options, also of those that are added later
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
        try:
            check_log(self.settings or BaseSettings())
        except WrongSettingError as error:
            raise UsageError(shown(error)) from None
        words = args[: args.index("--")] if "--" in args else args  # Scrapy hands unknown options on as words
        if unknown := [word.partition("=")[0] for word in words if word.startswith("--")]:
            raise no_such_option(unknown[0], self._options, self.arguments)
        warn_of_misspelled(opts.set, known)


def no_such_option(name: str, options: Iterable[str], arguments: Collection[str] = ()) -> UsageError:
    """Return the error for an option that a command has not.

    Args:
        name: as it was typed, less its value.
        options: those that it has.
        arguments: names that it takes as `-a NAME=VALUE`.
    """
    if (argument := name.lstrip("-").replace("-", "_")) in arguments:
        return UsageError(tr("there is no option {name}: write -a {argument}=...", name=name, argument=argument))
    known = sorted(option.lstrip("-") for option in options if option.startswith("--"))
    if near := difflib.get_close_matches(name.lstrip("-"), known, 1, NEAR):
        return UsageError(tr("there is no option {name}: did you mean --{near}?", name=name, near=near[0]))
    return UsageError(tr("there is no option {name}", name=name))
