"""Terms: what texts are compared by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.policy.terms import Frequencies, headline_terms, heaviest, is_foreign, main_scripts, names_in, terms_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("小米回应", ["小米", "米回", "回应"]),
        ("小米KOL争议", ["小米", "kol", "争议"]),
        ("爭議後續", ["争议", "议后", "后续"]),
        ("茶", ["茶"]),
        ("Influencers influenced", ["influe", "influe"]),
        ("a B c1 2026 618", ["c1", "618"]),
        ("Straße STRASSE", ["strass", "strass"]),
        ("삼성전자 논란", ["삼성", "성전", "전자", "논란"]),
        ("ข่าว", ["ข่", "่า", "าว"]),
        ("हिन्दी समाचार", ["हिन्दी", "समाचार"]),
        ("Скандал вокруг блогера", ["сканда", "вокруг", "блогер"]),
        ("ニュースです", ["ニュ", "ュー", "ース", "スで", "です"]),
        ("", []),
        ("！？… 。", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    """Words by their stem, pairs of characters where words are not spaced, one form for both kinds of Chinese."""
    assert terms_of(text) == expected


@given(st.text())
def test_terms_of_anything(text: str) -> None:
    """No text breaks it; every term is short, lower case and holds a letter or digit."""
    for term in terms_of(text):
        assert 1 <= len(term) <= 6
        assert any(c.isalnum() for c in term) or term >= "\u0900"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The CEO of Lumo met a KOL", {"ceo", "kol"}),
        ("BREAKING NEWS TODAY", set()),
        ("星澜与KOL合作争议，Lumo回应", {"kol", "lumo"}),
        ("nothing here", set()),
    ],
)
def test_names(text: str, expected: set[str]) -> None:
    """Words in capitals are names, unless all are; Latin words in Chinese are names."""
    assert names_in(text) == expected


def test_short_words_are_common_until_seen_otherwise() -> None:
    """A short word is taken for a common one; a name, a pair of characters and a long word are not."""
    frequencies = Frequencies(max_terms=100, prior=6.0)
    frequencies.add_names({"kol"})
    assert frequencies.rarities["the"] < 1 < 4 < frequencies.rarities["kol"]
    assert frequencies.rarities["scanda"] == frequencies.rarities["小米"] == frequencies.rarities["kol"]
    for _ in range(50):
        frequencies.count(["小米"], 1.0)
    assert frequencies.rarities["小米"] < 0.2
    assert frequencies.rarities["the"] > 2


def test_counting_out_undoes_counting_in() -> None:
    """A negative weight takes a text out again."""
    frequencies = Frequencies(max_terms=100, prior=6.0)
    before = frequencies.rarities["小米"]
    frequencies.count(["小米"], 0.7)
    frequencies.count(["小米"], -0.7)
    assert frequencies.rarities["小米"] == pytest.approx(before)


@given(st.lists(st.tuples(st.sampled_from(["ab", "scanda", "小米", "です"]), st.floats(0, 1)), max_size=30))
def test_rarity_is_bounded(counted: list[tuple[str, float]]) -> None:
    """Between 0 and 6.3 nats, whatever has been counted."""
    frequencies = Frequencies(max_terms=100, prior=6.0)
    for term, weight in counted:
        frequencies.count([term], weight)
        assert 0.0 <= frequencies.rarities[term] <= 6.3


def test_frequencies_keep_the_commonest() -> None:
    """Beyond the bound the rarest terms are forgotten first."""
    frequencies = Frequencies(max_terms=10, prior=1.0)
    for number in range(100):
        frequencies.count(["always", f"once{number}"], 1.0)
    assert frequencies.rarities["always"] < 0.1
    assert len(frequencies._seen) <= 11


def test_scripts() -> None:
    """The main scripts of a topic, and texts that are foreign to it."""
    scripts = main_scripts({"小米": 5.0, "争议": 4.0, "kol": 1.0})
    assert scripts == {"han"}
    assert is_foreign(terms_of("Brand row over a KOL"), scripts)
    assert not is_foreign(terms_of("小米 KOL 争议"), scripts)


def test_heaviest_breaks_ties_by_the_term() -> None:
    """The order of equals does not depend on the order of insertion."""
    assert list(heaviest({"b": 1.0, "a": 1.0, "c": 2.0}, 2)) == ["c", "a"]


def test_long_headlines_are_cut() -> None:
    """A teaser of a thousand characters costs no more than a headline."""
    assert headline_terms("字" * 199 + "尾") == headline_terms("字" * 199 + "尾" + "话" * 1000)
