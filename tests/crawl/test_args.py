"""Spider arguments: what is accepted, and what a wrong one is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kolcrawl.crawl.args import parse_args
from kolcrawl.errors import ArgumentError

if TYPE_CHECKING:
    from pathlib import Path


def test_url_and_file_together(tmp_path: Path) -> None:
    """Seeds from both arguments are kept in order, once each; comments, blanks and a BOM do no harm."""
    file = tmp_path / "seeds.txt"
    file.write_text("\ufeff# affair\nhttps://a.example/1\n\n  https://b.example/2  \n", encoding="utf-8")
    args = parse_args({"url": "https://b.example/2 https://c.example/3", "urls": str(file), "depth": "0"})
    assert args.seeds == ("https://b.example/2", "https://c.example/3", "https://a.example/1")
    assert (args.depth, args.max_pages, args.kinds) == (0, 200, ("related",))


def test_bare_host_gets_https() -> None:
    """A user who pastes an address without its scheme is understood."""
    assert parse_args({"url": "news.example/1.html"}).seeds == ("https://news.example/1.html",)


def test_scrapyd_job_is_let_through() -> None:
    """Scrapyd adds _job to every spider's arguments."""
    assert parse_args({"url": "https://a.example/1", "_job": "x"}).seeds


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "needs a page to start from"),
        ({"url": ""}, "needs a page to start from"),
        ({"url": "not a url"}, "is no URL of a page"),
        ({"url": "ftp://a.example/1"}, "is no URL of a page"),
        ({"url": "https://"}, "is no URL of a page"),
        ({"url": "https://[::1"}, "is no URL of a page"),
        ({"url": "https://a.example:99999/"}, "is no URL of a page"),
        ({"url": "javascript:alert(1)"}, "is no URL of a page"),
        ({"url": "https://a.example", "depht": "2"}, "did you mean depth?"),
        ({"url": "https://a.example", "depth": "-1"}, "depth='-1' is no whole number"),
        ({"url": "https://a.example", "depth": "two"}, "depth='two' is no whole number"),
        ({"url": "https://a.example", "max_pages": "9" * 20}, "is no whole number from 0 to a billion"),
        ({"url": "https://me:s3cret@a.example/1"}, "'https://***@a.example/1' holds a login"),
        ({"urls": "~nosuchuser/seeds.txt"}, "there is no such user"),
        ({"url": "https://a.example", "max_pages": "1.5"}, "max_pages='1.5' is no whole number"),
        ({"url": "https://a.example", "kinds": "related,best"}, "'best' is no kind of link"),
        ({"url": "https://a.example", "since": "2026-03-02", "until": "2026-03-01"}, "is not before until=2026-03-01"),
        ({"urls": "/no/such/file"}, "/no/such/file: cannot be read (No such file or directory)"),
    ],
)
def test_wrong_argument_is_named_in_one_line(given: dict[str, str], said: str) -> None:
    """Each wrong argument is answered in one line that names it."""
    with pytest.raises(ArgumentError) as error:
        parse_args(given)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert "s3cret" not in str(error.value)


def test_a_file_of_any_size_is_refused_at_once() -> None:
    """A file that never ends, or holds too many seeds, costs no more memory than a large list."""
    with pytest.raises(ArgumentError, match="is larger than 50 MB"):
        parse_args({"urls": "/dev/zero"})


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00binary", b"", b"# only a comment\n", b"https://a.example/1\nnonsense\n"]
)
def test_unusable_file_of_urls(tmp_path: Path, content: bytes) -> None:
    """A file that is no text, empty, or holds a line that is no URL is refused by name."""
    file = tmp_path / "seeds.txt"
    file.write_bytes(content)
    with pytest.raises(ArgumentError, match=r"seeds\.txt"):
        parse_args({"urls": str(file)})
