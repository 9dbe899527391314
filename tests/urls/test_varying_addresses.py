"""Parts of addresses that change from view to view: learnt from links, and left out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.urls.varying_addresses import VaryingAddresses

SITE = "e.org"


def view(pattern: str, token: str, articles: range = range(4000, 4008)) -> list[tuple[str, str, str]]:
    """The links of one page, as one reader sees them."""
    return [
        (SITE, pattern.format(n=n, token=f"{token}{n:x}"), f"Harbour council decision number {n} divides the town")
        for n in articles
    ]


def learnt(*views: list[tuple[str, str, str]]) -> VaryingAddresses:
    """What several pages teach."""
    varying = VaryingAddresses()
    for links in views:
        varying.observe(links)
    return varying


def test_a_token_in_the_query() -> None:
    """A parameter with a new value at each view goes; the id beside it stays."""
    pattern = f"https://{SITE}/show.php?id={{n}}&sid={{token}}"
    varying = learnt(view(pattern, "8c1fd0aa9b"), view(pattern, "77aab0c1d2"))
    assert varying.fold(SITE, f"https://{SITE}/show.php?id=5000&sid=ffee00112233") == f"https://{SITE}/show.php?id=5000"
    assert varying.fold("other.org", "https://other.org/a?sid=1") == "https://other.org/a?sid=1"


def test_two_tokens_at_once() -> None:
    """Two parameters that both change at each view go, too."""
    pattern = f"https://{SITE}/a/{{n}}.html?rec_id=x{{token}}&trace={{token}}99"
    varying = learnt(view(pattern, "8c1fd0aa9b"), view(pattern, "77aab0c1d2"))
    assert (
        varying.fold(SITE, f"https://{SITE}/a/5000.html?rec_id=xffee0011&trace=aabb0011aa")
        == f"https://{SITE}/a/5000.html"
    )


def test_a_session_in_the_path() -> None:
    """A segment that looks like a session and changes goes; folders stay."""
    pattern = f"https://{SITE}/s{{token}}/news/{{n}}.html"
    varying = learnt(view(pattern, "8c1fd0aa9b"), view(pattern, "77aab0c1d2"))
    assert varying.fold(SITE, f"https://{SITE}/sffee00112233/news/5000.html") == f"https://{SITE}/news/5000.html"
    assert varying.fold(SITE, f"https://{SITE}/sports/news/5000.html") == f"https://{SITE}/sports/news/5000.html"


def test_what_names_an_article_stays() -> None:
    """A parameter that leads to different texts is never learnt, were its values as odd as they may be; nor one that is
    the same at each view, nor a page number under a list."""
    by_id = f"https://{SITE}/show.php?id={{token}}"
    links = [view(by_id, token) for token in ("8c1fd0aa9b", "77aab0c1d2")]
    assert (
        learnt(*links, *[view(by_id, "00aab0c1d2", range(n, n + 8)) for n in range(5000, 5080, 8)]).parts_of(SITE) == []
    )
    same = f"https://{SITE}/a/{{n}}.html?cid=5"
    assert learnt(view(same, ""), view(same, "")).parts_of(SITE) == []
    pages = [[(SITE, f"https://{SITE}/list?page={n}", "next page")] for n in range(40)]
    assert learnt(*pages).parts_of(SITE) == []


def test_a_part_that_matters_after_all() -> None:
    """What an earlier crawl learnt wrongly is given up when links with unlike texts differ in it alone."""
    varying = VaryingAddresses()
    varying.take_up({SITE: ["id"]})
    assert varying.fold(SITE, f"https://{SITE}/show.php?id=1") == f"https://{SITE}/show.php"
    changed = varying.observe(view(f"https://{SITE}/show.php?id={{n}}", ""))
    assert changed == [(SITE, "id")]
    assert varying.parts_of(SITE) == []


def test_the_same_page_at_several_addresses() -> None:
    """A parameter in which the addresses of one page differ is learnt from three pages, not from one address alone."""
    varying = VaryingAddresses()
    for n in range(3):
        assert varying.parts_of(SITE) == []
        for view_of in ("a", "b"):
            url = f"https://{SITE}/a/{n}.html?from={view_of}&page=1"
            first, _ = varying.first_address(SITE, url, f"text {n}")
            assert first == f"https://{SITE}/a/{n}.html?from=a&page=1"
    assert varying.parts_of(SITE) == ["from"]
    by_id = VaryingAddresses()
    for n in range(3):
        for token in "xy":
            by_id.first_address(SITE, f"https://{SITE}/show.php?id={n}&tk={token}", f"text {n}")
    assert by_id.parts_of(SITE) == ["tk"]
    error = VaryingAddresses()
    for n in range(40):
        error.first_address(SITE, f"https://{SITE}/show.php?id={n}", "There is nothing here.")
    assert error.parts_of(SITE) == []


@given(st.lists(st.text(max_size=40), max_size=30))
def test_any_address_is_taken(paths: list[str]) -> None:
    """Whatever stands in an address, it is looked at and comes back usable."""
    varying = VaryingAddresses()
    for path in paths:
        url = f"https://{SITE}/" + path.encode("ascii", "ignore").decode().replace("[", "").replace("]", "")
        varying.observe([(SITE, url, "a text that is long enough")])
        assert varying.fold(SITE, url).startswith(f"https://{SITE}")
