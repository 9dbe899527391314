"""Scope and budget: every cut has its reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.errors import ArgumentError
from kolcrawl.policy.scope import (
    Budget,
    Scope,
    parse_languages,
    parse_moment,
    parse_patterns,
    parse_reach,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
URL = "https://news.example.com/tech/2026/0302/1234.html?id=7"


@pytest.mark.parametrize(
    ("scope", "link", "reason"),
    [
        ({}, {}, None),
        ({"depth": 2}, {"depth": 2}, None),
        ({"depth": 2}, {"depth": 3}, "depth"),
        ({"depth": 0}, {}, "depth"),
        ({}, {"kind": "popular"}, "kind"),
        ({"kinds": frozenset({"related", "popular"})}, {"kind": "popular"}, None),
        ({}, {"nofollow": True}, "nofollow"),
        ({"nofollow": False}, {"nofollow": True}, None),
        ({"reach": "site", "sites": frozenset({"example.com"})}, {}, None),
        ({"reach": "site", "sites": frozenset({"example.org"})}, {}, "off_site"),
        ({"reach": "listed", "sites": frozenset({"example.org"})}, {}, "off_site"),
        ({"reach": "any", "sites": frozenset({"example.org"})}, {}, None),
        ({"include": parse_patterns("include", "/tech/")}, {}, None),
        ({"include": parse_patterns("include", "/sport/")}, {}, "not_included"),
        ({"exclude": parse_patterns("exclude", "/tech/")}, {}, "excluded"),
        (
            {"include": parse_patterns("include", "/tech/"), "exclude": parse_patterns("exclude", "/0302/")},
            {},
            "excluded",
        ),
        ({"follow_below": 0.15}, {"relevance": 0.15}, None),
        ({"follow_below": 0.15}, {"relevance": 0.14}, "off_topic"),
        ({"follow_below": 0.15}, {"relevance": None}, None),
    ],
)
def test_links(scope: dict[str, Any], link: dict[str, Any], reason: str | None) -> None:
    """Each bound cuts what lies beyond it, with its own reason, and nothing else."""
    given = {"site": "example.com", "depth": 1, "kind": "related", "relevance": 0.5} | link
    assert Scope(**scope).verdict(URL, **given) == reason


@pytest.mark.parametrize(
    ("scope", "published", "lang", "reason"),
    [
        ({}, NOW, "zh-Hans", None),
        ({"since": NOW}, NOW, None, None),
        ({"since": NOW}, NOW - timedelta(seconds=1), None, "too_old"),
        ({"until": NOW}, NOW, None, None),
        ({"until": NOW}, NOW + timedelta(seconds=1), None, "too_new"),
        ({"since": NOW, "until": NOW}, None, None, None),
        ({"languages": ("zh",)}, None, "zh-Hant-TW", None),
        ({"languages": ("zh",)}, None, "ZH_cn", None),
        ({"languages": ("zh",)}, None, "zha", "language"),
        ({"languages": ("zh-hans",)}, None, "zh", "language"),
        ({"languages": ("zh", "en")}, None, "en", None),
        ({"languages": ("zh",)}, None, None, None),
    ],
)
def test_stories(scope: dict[str, Any], published: datetime | None, lang: str | None, reason: str | None) -> None:
    """Date and language of a story that was read; what the page does not say is not held against it."""
    assert Scope(**scope).story_verdict(published, lang) == reason


@pytest.mark.parametrize(
    ("pattern", "url", "expected"),
    [
        ("/tech/", URL, True),
        ("/TECH/", URL, True),
        ("news.example.com/tech/*.html", URL, True),
        ("news.example.com/*/1234", URL, True),
        (".html$", URL, False),
        ("id=7$", URL, True),
        ("?id=", URL, True),
        (".html$", "https://example.com/a.html", True),
        ("a*a$", "https://x.org/a", False),
        ("a*a$", "https://x.org/aa", True),
        ("[0-9]+", URL, False),
        ("://news.", URL, True),
        ("*", "https://x.org/$", None),
    ],
)
def test_patterns(pattern: str, url: str, expected: bool | None) -> None:
    """A pattern stands anywhere; `*` is anything, `$` the end, all else itself. One that bars nothing is refused."""
    if expected is None:
        with pytest.raises(ArgumentError, match="matches every URL"):
            parse_patterns("exclude", pattern)
    else:
        (parsed,) = parse_patterns("exclude", pattern)
        assert parsed.matches(url) is expected


def test_several_patterns() -> None:
    """Spaces and commas part patterns; none is none."""
    assert [p.source for p in parse_patterns("include", "/a/, /b/ *c*")] == ["/a/", "/b/", "*c*"]
    assert parse_patterns("include", " ") == ()


@pytest.mark.parametrize("value", ["x" * 501, " ".join(["/a/"] * 201)])
def test_too_much_of_a_pattern(value: str) -> None:
    """Patterns without measure are refused by name."""
    with pytest.raises(ArgumentError, match=r"^include: .*(longer|more) than"):
        parse_patterns("include", value)


def test_no_pattern_hangs() -> None:
    """The worst pattern against the worst URL takes time in proportion to their lengths, not years."""
    (pattern,) = parse_patterns("include", "a*" * 249 + "b")
    url = "https://x.org/" + "a" * 100_000
    assert not pattern.matches(url)


@given(
    st.text(st.characters(exclude_characters=" ,*$\t\n\r", exclude_categories=["Z", "C"]), min_size=1, max_size=20),
    st.text(max_size=20),
)
def test_a_plain_pattern_is_a_piece_of_the_url(piece: str, rest: str) -> None:
    """Without `*` and `$` a pattern matches just the URLs that hold it, letters without case."""
    (pattern,) = parse_patterns("include", piece)
    assert pattern.matches(rest + piece + rest)
    assert pattern.matches(rest) == (piece.casefold() in rest.casefold())


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("since", "2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("until", "2026-03-01", datetime(2026, 3, 1, 23, 59, 59, 999999, tzinfo=UTC)),
        ("since", "2026-03-01T08:00+08:00", datetime(2026, 3, 1, tzinfo=UTC)),
        ("since", "2026-03-01 08:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("since", "30d", NOW - timedelta(days=30)),
        ("since", " 12H ", NOW - timedelta(hours=12)),
        ("since", "2w", NOW - timedelta(weeks=2)),
    ],
)
def test_moments(name: str, value: str, expected: datetime) -> None:
    """A day wholly, a time with or without zone, an age."""
    assert parse_moment(name, value, NOW) == expected


@pytest.mark.parametrize("value", ["", "yesterday", "2026-02-30", "03/01/2026", "-3d", "2026-03-01T25:00", "٣d x"])
def test_no_moments(value: str) -> None:
    """What is no date is named, with examples of what is."""
    with pytest.raises(ArgumentError, match=r"^since=.*give a day like 2026-03-01"):
        parse_moment("since", value, NOW)


def test_an_age_beyond_reason_is_long_ago() -> None:
    """Every age of up to five digits is a date that exists."""
    assert parse_moment("since", "99999w", NOW) < NOW - timedelta(days=36_000)


def test_languages_and_reach_are_read() -> None:
    """Tags in any usual spelling; anything else is named."""
    assert parse_languages("languages", "zh, EN zh_Hant") == ("zh", "en", "zh-hant")
    assert parse_reach("scope", "Site") == "site"
    with pytest.raises(ArgumentError, match="languages: 'chinese' is not a language tag"):
        parse_languages("languages", "chinese")
    with pytest.raises(ArgumentError, match="scope='world' is not a scope; there are site, listed, any"):
        parse_reach("scope", "world")


def test_budget() -> None:
    """Pages are counted in all and by site; what was not sent is given back, and nothing that was not taken."""
    budget = Budget(max_pages=3, max_pages_per_site=2)
    assert [budget.take("a"), budget.take("a"), budget.take("a")] == [None, None, "site_budget"]
    budget.give_back("a")
    budget.give_back("never.taken")
    assert (budget.taken, budget.left, budget.spent) == (1, 2, False)
    assert [budget.take("b"), budget.take("b"), budget.take("c")] == [None, None, "budget"]
    assert (budget.left, budget.spent) == (0, True)


def test_budget_without_limits() -> None:
    """0 sets no limit."""
    budget = Budget()
    assert {budget.take("a") for _ in range(1000)} == {None}
    assert budget.left is None
    assert not budget.spent


@given(st.integers(0, 20), st.integers(0, 5), st.lists(st.sampled_from("abc"), max_size=60))
def test_budget_is_never_exceeded(pages: int, per_site: int, asked: list[str]) -> None:
    """Whatever is asked for in whatever order, no limit is passed, and nothing is refused before one is reached."""
    budget = Budget(pages, per_site)
    taken: list[str] = []
    for site in asked:
        reason = budget.take(site)
        full = bool(pages) and len(taken) == pages
        site_full = bool(per_site) and taken.count(site) == per_site
        assert reason == ("budget" if full else "site_budget" if site_full else None)
        if reason is None:
            taken.append(site)
    assert budget.taken == len(taken)
