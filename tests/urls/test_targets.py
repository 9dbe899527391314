"""Where links lead: resolving, story keys, and what an address says of itself."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kolcrawl.urls import canonical_url, story_key
from kolcrawl.urls.hosts import host_names, registered_name, registrable_domain
from kolcrawl.urls.identity import url_parts
from kolcrawl.urls.places import is_place, is_service
from kolcrawl.urls.shape import MAX_SHAPED_PARTS, Shape, likeness, shape_of, story_number
from kolcrawl.urls.targets import Resolver, Target
from tests.urls.test_urls import URLS

PAGE = "https://news.example.cn/x/y.html"


def target(url: str, page: str = PAGE) -> Target:
    """Resolve a link that leads somewhere."""
    found = Resolver(page).resolve(url)
    assert found is not None
    return found


def shape(url: str) -> Shape:
    """Return the shape of an absolute URL."""
    parts = url_parts(url)
    return shape_of(parts.path, parts.query)


def test_resolver() -> None:
    """Hrefs are resolved as browsers do it; what leads nowhere is None."""
    resolve = Resolver("https://a.example/x/y.html").resolve
    expected = {
        "z.html": "https://a.example/x/z.html", "/z": "https://a.example/z", "//b.example/z": "https://b.example/z",
        "?q=1": "https://a.example/x/y.html?q=1", "#top": None, "javascript:x()": None, "../z": "https://a.example/z",
        "HTTP://B.example/Z": "HTTP://B.example/Z", "http://b.example:99999/": None, "ftp://b.example/z": None,
    }  # fmt: skip
    assert {href: (found := resolve(href)) and found.url for href in expected} == expected


@given(st.text(max_size=60))
@example("https://[::1/x")
@example("//\x00")
def test_any_href_is_resolved_or_refused(href: str) -> None:
    """No href makes the resolver fail; a target's URL is absolute and its key the story key of that URL."""
    found = Resolver("https://a.example/x/y.html").resolve(href)
    if found is not None:
        assert found.url.lower().startswith(("http://", "https://"))
        assert found.key == story_key(found.url)


@given(st.lists(URLS, min_size=2, max_size=2))
@example(["https://a.example/show.php?source=1001", "https://a.example/show.php?source=1002"])
@example(["https://a.example/show.php?from=20231001", "https://a.example/show.php?from=20231002"])
@example(["https://a.example/show.php?id=1&utm_source=x", "http://www.a.example/show.php?id=1"])
@example(["https://a.example/story/1#top", "https://a.example/story/1/"])
def test_same_target_is_the_same_story(pair: list[str]) -> None:
    """Two URLs are one target exactly when their story keys are equal: never coarser, never finer."""
    one, other = (Resolver(PAGE).resolve(url) for url in pair)
    if one is not None and other is not None:
        assert (one.key == other.key) == (story_key(pair[0]) == story_key(pair[1]))


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "aid",
        "nid",
        "cid",
        "mod",
        "position",
        "source",
        "src",
        "module",
        "reason",
        "region",
        "ref",
        "from",
        "p",
        "sid",
        "rel",
        "via",
        "share",
    ],
)
def test_a_number_in_any_parameter_may_be_an_id(name: str) -> None:
    """Links that differ in one number are different targets, whatever the parameter is called."""
    keys = {target(f"/show.php?{name}={number}").key for number in (1001, 1002, 1003, 1004)}
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("host", "domain", "registered"),
    [
        ("news.a.com", "a.com", "a"),
        ("a.com.cn", "a.com.cn", "a"),
        ("www.a.co.uk", "a.co.uk", "a"),
        ("foo.blogspot.com", "foo.blogspot.com", "blogspot"),
        ("a.github.io", "a.github.io", "github"),
        ("www.city.kawasaki.jp", "city.kawasaki.jp", "city"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
    ],
)
def test_registrable_domain(host: str, domain: str, registered: str) -> None:
    """Public suffixes of every depth are known, and whose a shared one is."""
    assert registrable_domain(host) == domain
    assert target(f"http://{host}/story/1001.html").site == domain
    assert registered_name(host) == registered


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("news.sina.com.cn", ("sina", "news.sina.com.cn")),
        ("www.bbc.co.uk:443", ("bbc", "bbc.co.uk")),
        ("some-blog.blogspot.com", ("some-blog", "some-blog.blogspot.com")),
        ("www.city.kawasaki.jp", ("city", "city.kawasaki.jp")),
        ("localhost", ("localhost", "localhost")),
        ("", ()),
    ],
)
def test_host_names(host: str, names: tuple[str, ...]) -> None:
    """A site is called by the label that its owner registered, not by a public suffix."""
    assert host_names(host) == names


@pytest.mark.parametrize(
    ("url", "kinds"),
    [
        ("https://a.example/2026/03/02/phone-maker-ends-deal.html", ("D", "d", "d", "S.")),
        ("https://a.example/news/view/346695", ("w", "w", "N")),
        ("https://a.example/a/20260302_123456.shtml", ("w", "i.")),
        ("https://a.example/view.php?id=123456", ("w.", "q")),
        ("https://a.example/news/?utm_campaign=20260302", ("w",)),
        ("https://a.example/detail?docid=comos0ktzscyy9910", ("w", "q")),
        ("https://a.example/a/4000.html?sid=aab3238922bcc25a6f606eb525ffdc56", ("w", "N.")),
        ("https://a.example/a/4000.html?sid=70efdf2ec9b086079795c442636b55fb", ("w", "N.")),
        ("https://a.example/articles/c4g1234k7lwo", ("w", "h")),
        ("https://a.example/articles/c4g12k34lwo", ("w", "h")),
        ("https://a.example/", ()),
    ],
)
def test_shapes(url: str, kinds: tuple[str, ...]) -> None:
    """A story's address is told from a section's by the kind of its parts; tracking parameters are none of them, and
    digits that chance put side by side in a code or a session make no other kind of it."""
    assert shape(url).kinds == kinds
    assert shape(url).slug == (kinds not in ((), ("w",)))


def test_shape_of_an_address_without_end() -> None:
    """Of a thousand folders, those at both ends are looked at: a page may have thousands of such links."""
    shape = shape_of("/2026" + "/a" * 1_000 + "/story-of-the-day-123456.html", "")
    assert len(shape.kinds) == len(shape.segments) == MAX_SHAPED_PARTS
    assert (shape.kinds[0], shape.kinds[-1]) == ("D", "Sn.")


def test_shape_of_what_a_redirect_carries() -> None:
    """A link through a counter has the shape of the address that it carries."""
    carried = target("/click?url=https%3A%2F%2Fa.example%2F2026%2F03%2F02%2Fphone-maker-ends-deal.html")
    assert carried.shape.kinds == ("D", "d", "d", "S.")


@given(st.lists(st.sampled_from("DdNSihwq"), max_size=5), st.lists(st.sampled_from("DdNSihwq"), max_size=5))
def test_likeness(one: list[str], other: list[str]) -> None:
    """Likeness is 1 for equal shapes, and between 0 and 1."""
    assert likeness(tuple(one), tuple(one)) == 1.0
    assert 0 <= likeness(tuple(one), tuple(other)) <= 1


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://a.example/story/7331/4909425", "4909425"),
        ("http://a.example/jyxw/201703/t20170310_9260562.htm", "9260562"),
        ("https://a.example/c/7pldiU65MNU", "7pldiU65MNU"),
        ("https://a.example/news/20241003002250-260410", "20241003002250-260410"),
        ("https://a.example/shop-talk-of-the-town-1476316.html", "1476316"),
        ("https://a.example/article/123456789/index.html", "123456789"),
        ("https://a.example/view.php?news_id=9127738", "9127738"),
        ("https://a.example/123456/phone-maker-ends-its-deal.html", ""),
        ("https://a.example/2026/20260302/", ""),
        ("https://a.example/news/view/3466", ""),
        ("https://a.example", ""),
    ],
)
def test_story_number(url: str, number: str) -> None:
    """What a site knows a story by is long, stands alone, and is neither a date nor a section's number."""
    parts = url_parts(url)
    assert story_number(parts.path, parts.query) == number


@pytest.mark.parametrize(
    ("path", "query", "place"),
    [
        ("/", "", True),
        ("/", "p=512", False),
        ("/tag/kol/", "", True),
        ("/author/li/phone-maker-5210987.html", "", False),
        ("/news/", "", True),
        ("/news/", "id=5210", False),
        ("/photo/3", "", True),
        ("/story/5210.pdf", "", True),
        ("/story/5210", "print=1", True),
        ("/news", "query=%E8%B5%B0%E7%A7%80&pid=31023101", True),
        ("/so", "word=kol", True),
        ("/view", "idx=8723&keyword=kol", False),
        ("/view", "keyword=", False),
        ("/story/5210", "", False),
    ],
)
def test_places(path: str, query: str, place: bool) -> None:
    """Section fronts, tags, files and actions are told from stories."""
    assert is_place(path, query) is place


def test_services() -> None:
    """A share target is a service elsewhere, not on its own pages; a user's pages under its name are none."""
    assert is_service("www.facebook.com")
    assert not is_service("facebook.github.io")
    assert target("https://www.wikipedia.org/wiki/Kol_affair_of_2023").place
    assert not target("https://de.wikipedia.org/wiki/Kol_affair_of_2023", "https://en.wikipedia.org/wiki/Kol").place


@given(URLS)
def test_target_is_in_canonical_form(url: str) -> None:
    """Path and query of a target are those of its canonical URL."""
    found = Resolver(PAGE).resolve(url)
    if found is not None:
        wanted = url_parts(canonical_url(found.url))
        assert (found.path, found.query, found.host) == (wanted.path, wanted.query, wanted.host)
