"""`kolcrawl COMMAND`: runs the project's commands with its settings, without a scrapy.cfg.

The commands are those of `kolcrawl.commands`, which `scrapy` runs in a checkout; `crawl` takes URLs, and the arguments
of a crawl as options.
"""

from __future__ import annotations

import difflib
import os
import pkgutil
import sys
from argparse import ArgumentParser
from importlib import import_module
from typing import TYPE_CHECKING, Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import UsageError
from scrapy.utils.project import ENVVAR, get_project_settings

from kolcrawl import __version__
from kolcrawl.cli.help_format import CommandHelp
from kolcrawl.cli.project_command import no_such_option
from kolcrawl.console.crawl_options import (
    add_crawl_options,
    crawl_arguments,
    joined_arguments,
)
from kolcrawl.crawl.argument_help import CRAWL_ARGUMENTS, SAMPLE_ARGUMENTS
from kolcrawl.locale import mark, note_options, tr
from kolcrawl.locale.borrowed import translate_argparse
from kolcrawl.system.invocation import as_typed, note_console
from kolcrawl.system.stdout import discard_stdout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scrapy.commands import ScrapyCommand

SPIDERS = {"crawl": "related", "sample": "sample"}
"""Commands that crawl, and their spiders; both are Scrapy's `crawl`."""
DESCRIPTIONS = {
    "crawl": mark("Crawl from one or several stories on, along the lists of related articles"),
    "sample": mark("Crawl the small news web that comes with kolcrawl"),
}
DATABASE_SETTINGS = {"database": "MONGO_DATABASE", "data_dir": "KOLCRAWL_DATA_DIR"}


def run_words(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: the words behind `kolcrawl`; None for those of the process.

    Returns: the exit code.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault(ENVVAR, "kolcrawl.settings")
    note_console()
    note_options(words)
    translate_argparse()
    modules = command_modules()
    if not words or words[0] in ("-h", "--help", "help"):
        try:
            return _print_commands(modules)
        except BrokenPipeError:
            discard_stdout()
            return 0
    if words[0] in ("-V", "--version", "version"):
        print(f"kolcrawl {__version__}")
        return 0
    if words[0] not in modules:
        near = difflib.get_close_matches(words[0], modules, 1)
        hint = tr("did you mean {word}?", word=near[0]) if near else tr("`kolcrawl` alone lists the commands")
        line = tr("there is no command {name!r}: {hint}", name=words[0], hint=hint)
        print(f"kolcrawl: {line}", file=sys.stderr)
        return 2
    return _run(words[0], _new_command(modules[words[0]]), words[1:])


def command_modules() -> dict[str, str]:
    """Return the module of each command, by its name, in alphabetical order."""
    package = import_module("kolcrawl.commands")
    found = pkgutil.walk_packages(package.__path__, "kolcrawl.commands.")
    modules = {info.name.rpartition(".")[2]: info.name for info in found if not info.ispkg}
    return dict(sorted({**modules, "sample": modules["crawl"]}.items()))


def _new_command(module: str) -> ScrapyCommand:
    command: ScrapyCommand = import_module(module).Command()
    return command


def _print_commands(modules: dict[str, str]) -> int:
    purpose = tr("follows the related-articles lists of news sites, and keeps the network")
    print(f"kolcrawl {__version__}: {purpose}\n")
    print(tr("kolcrawl COMMAND [options]"), end="\n\n")
    for name, module in modules.items():
        print(f"  {name:<12} {as_typed(_description(name, _new_command(module)))}")
    more = tr("`kolcrawl COMMAND --help` says more.")
    print(f"\n{more}", flush=True)
    return 0


def _run(name: str, command: ScrapyCommand, words: list[str]) -> int:
    """Do what `scrapy.cmdline.execute` does for one command, with options of our own."""
    settings = get_project_settings()
    settings.setdict(command.default_settings, priority="command")
    command.settings = settings
    parser = _parser(name, command)
    opts, args = parser.parse_known_args(words)
    if not hasattr(opts, "spargs"):
        opts.spargs = []  # Scrapy's own commands that crawl ask for it
    try:
        if unknown := [arg for arg in args if arg.startswith("-") and arg != "-"]:
            raise no_such_option(unknown[0].partition("=")[0], parser._option_string_actions)
        command.process_options(args, opts)
        for option, setting in DATABASE_SETTINGS.items():
            if (value := getattr(opts, option)) is not None:
                settings.set(setting, value, priority="cmdline")
        if name in SPIDERS:
            urls = args[1:] if args[:1] == [SPIDERS[name]] else args  # as `scrapy crawl` wants it
            opts.spargs = joined_arguments(opts.spargs, crawl_arguments(urls, opts))
            args = [SPIDERS[name]]
            if opts.contact is not None:
                settings.set("CONTACT", opts.contact, priority="cmdline")
        if command.requires_crawler_process:
            command.crawler_process = AsyncCrawlerProcess(settings)
        command.run(args, opts)
        sys.stdout.flush()
    except UsageError as error:
        if str(error):
            parser.error(as_typed(str(error)))
        parser.print_help()
        return 2
    except BrokenPipeError:
        discard_stdout()
    return command.exitcode


def _description(name: str, command: ScrapyCommand) -> str:
    return tr(DESCRIPTIONS[name]) if name in DESCRIPTIONS else command.long_desc()


class _Help(CommandHelp):
    """Help that names commands as they are typed."""

    def _get_help_string(self, action: Any) -> str | None:
        return as_typed(action.help) if action.help else action.help


def _parser(name: str, command: ScrapyCommand) -> ArgumentParser:
    syntax = {"crawl": "URL... [options]", "sample": "[options]"}.get(name, command.syntax())
    parser = ArgumentParser(
        prog=f"kolcrawl {name}",
        usage=f"kolcrawl {name} {syntax}",
        conflict_handler="resolve",
        description=as_typed(_description(name, command)),
    )
    command.add_options(parser)
    parser.formatter_class = _Help
    group = parser.add_argument_group(tr("The database"))
    group.add_argument("--database", metavar="NAME", help=tr("name of the database (MONGO_DATABASE)"))
    data_dir = tr("folder of the embedded server's data (KOLCRAWL_DATA_DIR)")
    group.add_argument("--data-dir", metavar="DIR", help=data_dir)
    if name in SPIDERS:
        add_crawl_options(parser, SAMPLE_ARGUMENTS if name == "sample" else CRAWL_ARGUMENTS)
        contact = tr("URL or address that the owners of the sites may turn to")
        parser.add_argument("--contact", metavar="URL", help=contact)
    return parser
