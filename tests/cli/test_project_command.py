"""What all commands of the project refuse, and how they take an empty database, in this process."""

from __future__ import annotations

from argparse import Namespace
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from scrapy.cmdline import ScrapyArgumentParser
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from kolcrawl.cli.help_format import CommandHelp
from kolcrawl.cli.run import read_network
from kolcrawl.cli.selection_options import check_sites
from kolcrawl.console.run_console import command_modules
from kolcrawl.crawl.argument_help import CRAWL_ARGUMENTS
from kolcrawl.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.network import Network


def processed(name: str, *words: str) -> list[str]:
    """Read a command line as `scrapy` does, and return the words that are left to the command."""
    command = import_module(command_modules()[name]).Command()
    command.settings = Settings()
    parser = ScrapyArgumentParser(conflict_handler="resolve")
    command.add_options(parser)
    opts, args = parser.parse_known_args(list(words))
    command.process_options(args, opts)
    return list(args)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("find", ("--statuss", "gone")),
        ("export", ("-o", "x.csv", "--hopss=2")),
        ("timeline", ("--nodes", "sites")),
        ("changes", ("--sinze", "3d")),
        ("crawl", ("related", "--depht", "2")),
    ],
)
def test_an_unknown_option_is_no_word(name: str, words: tuple[str, ...]) -> None:
    """Under `scrapy`, a misspelled option is a wrong call, as it is under `kolcrawl`."""
    with pytest.raises(UsageError, match=r"there is no option --(statuss|hopss|nodes|sinze|depht)"):
        processed(name, *words)


@pytest.mark.parametrize(
    ("name", "words", "hint"),
    [
        ("changes", ("--cral", "latest"), "did you mean --crawl?"),
        ("crawl", ("related", "--url", "https://a.example/"), "write -a url=..."),
        ("crawl", ("related", "--max-pages=3"), "write -a max_pages=..."),
        ("timeline", ("--nodes", "sites"), "there is no option --nodes"),
    ],
)
def test_what_was_meant_by_an_option_is_said(name: str, words: tuple[str, ...], hint: str) -> None:
    """The nearest option, or how an argument of a crawl is given; nothing where none is near."""
    with pytest.raises(UsageError) as error:
        processed(name, *words)
    assert str(error.value).endswith(hint)


def test_a_crawl_that_lacks_its_arguments_says_how_they_are_given() -> None:
    """A URL as a word of its own is put where it belongs; the help names every argument."""
    command = import_module(command_modules()["crawl"]).Command()
    command.crawler_process = object()
    for words, right in (
        (["related", "https://a.example/?p=1&q"], "scrapy crawl related -a 'url=https://a.example/?p=1&q'"),
        ([], "scrapy crawl related -a url=https://..."),
    ):
        with pytest.raises(UsageError) as error:
            command.run(words, Namespace())
        assert str(error.value).endswith(right)
    parser = ScrapyArgumentParser(conflict_handler="resolve", formatter_class=CommandHelp)
    command.settings = Settings()
    command.add_options(parser)
    shown = parser.format_help()
    assert [name for name in ("url", *CRAWL_ARGUMENTS) if f"\n  {name}=" not in shown] == []


def test_words_that_begin_with_a_dash_are_words() -> None:
    """Standard output as a file, a number below zero and what follows `--` are taken as they are."""
    assert processed("find", "-o", "-", "小米", "-5") == ["小米", "-5"]
    assert processed("find", "--status", "gone", "--", "--sinze")[-1] == "--sinze"
    assert processed("crawl", "related", "-a", "about=--x") == ["related"]


def test_an_empty_database_where_others_are_not(
    affair: Network, data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`network --html` names the others and writes no file; the page, which lists them, is shown with that line."""
    settings = Settings({"MONGO_DATABASE": "afair", "KOLCRAWL_DATA_DIR": str(data_dir)})
    command = import_module("kolcrawl.commands.network").Command()
    command.settings = settings
    command.run([], Namespace(html=str(tmp_path / "x.html"), crawl=""))
    line = "scrapy network: the database 'afair' holds nothing; these of the same server do: "
    told = capsys.readouterr()
    assert (command.exitcode, told.out, list(tmp_path.iterdir())) == (1, "", [])
    assert told.err.startswith(line)
    assert affair.db.name in told.err
    shown: list[str] = []
    assert read_network("network", settings, lambda network: shown.append(network.db.name), may_be_empty=True) == 0
    assert shown == ["afair"]
    assert capsys.readouterr().err == told.err


def test_a_site_that_is_not_known(affair: Network) -> None:
    """The nearest names are told: those that hold what was given, else those that are spelled most alike."""
    check_sites(affair.db, ["example.com", "example.org"])
    with pytest.raises(StoreError, match=r"^no site 'example\.cmo' is known; the nearest: example\.com, "):
        check_sites(affair.db, ["example.com", "example.cmo"])
    with pytest.raises(StoreError, match=r"; the nearest: example\.org$"):
        check_sites(affair.db, ["org"])


def test_a_timeline_of_a_site_that_is_not_known(
    affair: Network, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is one line with exit code 1; before, nothing was said to have happened."""
    settings = Settings({"MONGO_DATABASE": affair.db.name, "KOLCRAWL_DATA_DIR": str(data_dir)})
    command = import_module("kolcrawl.commands.show.timeline").Command()
    command.settings = settings
    parser = ScrapyArgumentParser(conflict_handler="resolve")
    command.add_options(parser)
    command.run([], parser.parse_args(["--site", "example.cmo"]))
    told = capsys.readouterr()
    assert (command.exitcode, told.out) == (1, "")
    assert told.err.startswith("scrapy timeline: no site 'example.cmo' is known; the nearest: example.com, ")


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("changes", ("--since", "2026-13-45"), 2),
        ("export", ("-o", "x.csv", "--status", "fetchd"), 2),
        ("export", ("-o", "x.csv", "--as-of", "baddate"), 2),
        ("export", ("-o", "x.doc"), 2),
        ("changes", ("-s", "MONGO_DATABASE=a b"), 2),
        ("merge", ("undo", "zz"), 2),
        ("schedule", ("check", "--file", "misspelled.toml"), 2),
        ("schedule", ("check", "--file", "none.toml"), 1),
        ("story", ("no such story",), 1),
        ("changes", ("--crawl", "2001"), 1),
    ],
)
def test_exit_codes(
    name: str,
    words: tuple[str, ...],
    code: int,
    affair: Network,
    data_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What cannot be read is a wrong call, with 2; what can be read but is not there ends with 1."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "misspelled.toml").write_text('[[nod]]\nurl = "http://127.0.0.1:6800"\n')
    command = import_module(command_modules()[name]).Command()
    command.settings = Settings({"MONGO_DATABASE": affair.db.name, "KOLCRAWL_DATA_DIR": str(data_dir)})
    parser = ScrapyArgumentParser(conflict_handler="resolve")
    command.add_options(parser)
    opts, args = parser.parse_known_args(list(words))
    command.process_options(args, opts)
    command.run(args, opts)
    assert command.exitcode == code, capsys.readouterr().err
    assert not list(tmp_path.glob("x.*"))


def test_a_port_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """A number beyond the ports is a wrong call before anything is opened."""
    with pytest.raises(SystemExit) as ended:
        processed("network", "--port", "80000")
    assert ended.value.code == 2
    assert "'80000' is no port: give 0 to 65535" in capsys.readouterr().err
