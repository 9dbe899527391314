"""The options that choose a part of the network."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

import pytest

from kolcrawl.cli.selection_options import add_options, parse_time, selection
from kolcrawl.errors import ArgumentError
from kolcrawl.network.selection import Selection


def read(*args: str) -> Selection:
    """The selection that some options ask for."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    return selection(parser.parse_args(args))


def test_options_make_a_selection() -> None:
    """Lists come by commas or by repetition, sites without www, times in UTC."""
    chosen = read(
        *(
            "--seed",
            "https://a.example.com/1",
            "--seed",
            "https://b.example.com/2",
            "--hops",
            "0",
            "--kinds",
            "related",
        ),
        *(
            "--kinds",
            "popular",
            "--site",
            "WWW.example.com, example.org",
            "--status",
            "fetched,gone",
            "--languages",
            "zh",
        ),
        *(
            "--since",
            "2026-03-02",
            "--until",
            "2026-03-02T08:34+08:00",
            "--min-relevance",
            "0.5",
            "--direction",
            "both",
        ),
        *("--collapse-copies", "--with-text"),
    )
    assert chosen.seeds == ("https://a.example.com/1", "https://b.example.com/2")
    assert (chosen.hops, chosen.kinds, chosen.direction) == (0, ("related", "popular"), "both")
    assert chosen.where.sites == ("example.com", "example.org")
    assert chosen.where.statuses == ("fetched", "gone")
    assert chosen.where.since == datetime(2026, 3, 2, tzinfo=UTC)
    assert chosen.where.until == datetime(2026, 3, 2, 0, 34, tzinfo=UTC)
    assert (chosen.where.langs, chosen.where.min_relevance) == (("zh",), 0.5)
    assert chosen.collapse_copies
    assert chosen.with_text


def test_no_options_mean_everything() -> None:
    """Without options the selection is the default one."""
    assert read() == Selection()
    assert parse_time("--as-of", None) is None


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--kinds", "relatd"), "--kinds relatd: there are related, recommended"),
        (("--status", "merged"), "--status merged: there are stub, fetched"),
        (("--since", "soon"), "--since 'soon' is not a time: write it like 2026-03-02"),
        (("--min-relevance", "5"), "--min-relevance 5.0: give a number from 0 to 1"),
        (("--hops", "-1"), "--hops -1: give a number of link steps from 0 up"),
    ],
)
def test_wrong_values_are_named(args: tuple[str, ...], message: str) -> None:
    """A value that cannot be used is an error that names it and says what can."""
    with pytest.raises(ArgumentError, match=message):
        read(*args)
