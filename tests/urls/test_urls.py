"""The identity of stories: canonical URLs, keys and sites."""

from __future__ import annotations

import re
import string
import tomllib
from importlib.resources import files
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kolcrawl.errors import KolcrawlError, UrlError
from kolcrawl.urls import MAX_LENGTH, believed_canonical, canonical_url, identity_form, site_of, story_key

DATA = tomllib.loads(files("kolcrawl.data").joinpath("urls.toml").read_text("utf-8"))


def names(url: str) -> list[str]:
    """Names of the query parameters of a URL, in lower case."""
    return [name.lower() for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)]


def words(text: str) -> list[str]:
    """A long list, written short."""
    return text.split()


# --- the data file keeps its word -----------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "url"), DATA["tracking"].items())
def test_tracking_parameter_goes_and_the_rest_stays(name: str, url: str) -> None:
    """Each listed parameter is in its example and not in the example's canonical form; ids beside it survive."""

    def is_it(met: str) -> bool:
        return met.startswith(name[:-1]) if name.endswith("*") else met == name

    assert any(map(is_it, names(url)))
    assert not any(map(is_it, names(canonical_url(url))))
    assert [met for met in names(url) if met in {"id", "newsid"}] == names(canonical_url(url))


@pytest.mark.parametrize(("name", "entry"), DATA["tracking_value"].items())
def test_parameter_goes_by_its_value(name: str, entry: list[str]) -> None:
    """A parameter that may be an id goes only with a value that is sure to be none."""
    _, goes, stays = entry
    assert name in names(goes)
    assert name not in names(canonical_url(goes))
    assert name in names(canonical_url(stays))


@pytest.mark.parametrize(("name", "url"), DATA["tracking_beside_id"].items())
def test_parameter_goes_beside_an_id(name: str, url: str) -> None:
    """A parameter that may name a story goes when the path does so already, and stays otherwise."""
    assert name in names(url)
    assert canonical_url(url) == url.partition("?")[0]
    assert name in names(canonical_url(f"https://example.org/article?{name}=kol-affair"))
    assert name in names(canonical_url(f"https://example.org/20240101/show?{name}=kol-affair"))
    assert name in names(canonical_url(f"https://example.org/article/35136396?{name}=4471"))


@pytest.mark.parametrize(("domain", "entry"), DATA["tracking_site"].items())
def test_parameter_of_one_site_goes_there_only(domain: str, entry: list[str]) -> None:
    """A site's own parameters go on that site and stay on every other."""
    url, *listed = entry
    assert set(listed) <= set(names(url))
    assert not set(listed) & set(names(canonical_url(url)))
    assert set(listed) <= set(names(canonical_url(url.replace(domain, "example.org"))))


VARIANTS = [
    entry[-2:] for section in ("host", "segment", "suffix", "query") for entry in DATA[f"variant_{section}"].values()
]


@pytest.mark.parametrize(("variant", "story"), VARIANTS)
def test_variant_is_its_story(variant: str, story: str) -> None:
    """Mobile and AMP addresses have the key of the story; what is asked for is not guessed."""
    assert story_key(variant) == story_key(story)
    assert urlsplit(canonical_url(variant)).netloc == urlsplit(variant).netloc


SAME = [group for rule in DATA["site"] for group in rule["examples"]]


@pytest.mark.parametrize("group", SAME)
def test_site_rule(group: list[str]) -> None:
    """The addresses that a site gives one story have one key, which changes with the id."""
    assert len({story_key(url) for url in group}) == 1
    for url in group:
        assert identity_form("https://" + identity_form(url)) == identity_form(url)
        assert canonical_url(canonical_url(url)) == canonical_url(url)
        assert story_key(canonical_url(url)) == story_key(url)
        ids = re.findall(r"(?<!\d)(?!20[12]\d[01]\d[0-3]\d(?!\d))\d{5,}", url)
        longest = max(ids, key=len, default="")
        if longest:
            other = str(int(longest) + 1).zfill(len(longest))
            assert story_key(url.replace(longest, other)) != story_key(url)


# --- properties -----------------------------------------------------------------------------------------------

LABEL = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
HOSTS = st.one_of(
    st.builds("{}.{}".format, LABEL, st.sampled_from(["com", "com.cn", "co.uk", "cn", "news", "test"])),
    st.sampled_from(
        [
            "www.163.com",
            "m.thepaper.cn",
            "amp.dw.com",
            "localhost",
            "127.0.0.1:8000",
            "[::1]:81",
            "新闻.中国",
            "bücher.de",
            "www.gov.cn",
            "www.google.com",
            "www.setn.com",
            "star.ettoday.net",
            "m.toutiao.com",
            "mobile.github.io",
            "k.sina.com.cn",
            "m.weibo.cn",
        ]
    ),
)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="/\\?#"), max_size=12)
SEGMENTS = st.one_of(
    TEXT,
    LABEL,
    st.sampled_from(
        [
            "amp",
            "AMP",
            "index.html",
            "index.php",
            "Default.aspx",
            ".",
            "..",
            "%2e%2E",
            "%E4%B8%AD",
            "%d6%d0",
            "a%2Fb",
            "article",
            "c_1125245327.htm",
            "newsDetail_forward_25361234",
            "a;jsessionid=1",
            "a;b=1",
            "x.amp",
            "x.amp.html",
            "url",
            "News.aspx",
            "100%",
            "%zz",
            "//",
        ]
    ),
)
PAIRS = st.builds(
    "{}{}{}".format,
    st.one_of(
        LABEL,
        st.sampled_from(
            [
                "id",
                "from",
                "ref",
                "source",
                "utm_source",
                "amp",
                "outputType",
                "spm",
                "amp;id",
                "f",
                "q",
                "target",
                "x[]",
            ]
        ),
    ),
    st.sampled_from(["=", ""]),
    st.one_of(
        TEXT.map(lambda text: text.replace("&", "")), LABEL, st.sampled_from(["1", "a+b", "%2B", "https://a.b/c"])
    ),
)
URLS = st.builds(
    "{}://{}/{}{}{}{}{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    HOSTS,
    st.lists(SEGMENTS, max_size=5).map("/".join),
    st.sampled_from(["", "/"]),
    st.just("?"),
    st.lists(PAIRS, max_size=4).map("&".join),
    st.sampled_from(["", "#top", "#!/story/1", "#/a?id=77", "#:~:text=x", "#"]),
)


@given(URLS)
@example("http://a.com/index.html/index.php//")
@example("http://a.com/amp/amp/some-story-1/amp/amp")
@example("http://a.com/x-1.amp.html.amp")
@example("http://www.www.m.www.a.com:443/")
@example("http://a.com/%2e%2e/%2e./b/..")
@example("https://www.google.com/url?q=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%3A%2F%2Fa.com%2Fb")
def test_both_forms_are_fixed_points(url: str) -> None:
    """Asking twice changes nothing, and the URL that is fetched names the story that the link named."""
    canonical = canonical_url(url)
    assert canonical_url(canonical) == canonical
    assert story_key(canonical) == story_key(url)
    assert site_of(canonical) == site_of(canonical_url(canonical))
    assert identity_form("https://" + identity_form(url)) == identity_form(url)
    assert canonical.isascii()
    assert not set(canonical) & set(' <>"\n\t')


@given(st.text(max_size=40).flatmap(lambda text: st.sampled_from([text, "http://" + text, "https://a.cn/" + text])))
@example("http://[::1")
@example("http://[::1]x/")
@example("http://a..b/")
@example("http://a:99999/")
@example("http://\ud800.com/")
@example("http://a.com/\ud800")
@example("http://" + "a" * 64 + "ü.com/")
@example("http://１２７.0.0.1:８0/")
@example("http://%E4%B8%AD.com/")
@example("http://%00.com/")
def test_anything_is_a_url_or_a_clear_error(text: str) -> None:
    """Whatever a page holds, the answer is a canonical URL or `UrlError`, never another exception."""
    try:
        assert urlsplit(canonical_url(text)).hostname
        assert len(story_key(text)) == 32
        assert site_of(text)
        assert believed_canonical(text, "//[", "http://x:y")
    except UrlError:
        return


IDS = st.integers(0, 10**12).map(str)
PLACES = st.sampled_from(
    [
        "https://example.org/news/{}.html",
        "https://example.org/{}",
        "https://m.example.org/amp/story/{}/index.html",
        "https://example.org/show.php?id={}",
        "https://example.org/?p={}",
        "https://example.org/n?from={}",
        "https://example.org/n?ref={}&x=1",
        "https://example.org/n?source={}",
        "https://example.org/read?cid={}&utm_source=a",
        "https://example.org/2024/01/01/n{}.shtml",
        "https://example.org/a;id={}",
        "https://example.org/app#!/s/{}",
        "https://example.org/app/#/s?id={}",
        "https://example.org/n?src={}",
        "https://example.org/n?for={}",
        "https://www.163.com/dy/article/IK5ABCDE05{}.html",
        "https://www.thepaper.cn/newsDetail_forward_{}",
        "https://www.sohu.com/a/{}_1",
        "https://udn.com/news/story/7315/{}",
        "https://www.setn.com/News.aspx?NewsID={}",
        "https://x.xinhuanet.com/2019-11/18/c_{}.htm",
        "https://mp.weixin.qq.com/s?__biz=M&mid={}&idx=1",
        "https://example.org/n?share={}",
        "https://example.org/n?cmp={}",
        "https://example.org/n?t={}",
        "https://e.org/n?view={}",
        "https://example.org/12345678/part?ref={}",
        "https://example.org/12345678/part?page={}",
    ]
)


@given(PLACES, IDS, IDS)
@example("https://example.org/n?share={}", "1", "2")
def test_different_ids_never_collapse(place: str, one: str, other: str) -> None:
    """Two URLs that differ in an id, in path, query or route, are two stories."""
    assert (story_key(place.format(one)) == story_key(place.format(other))) == (one == other)


@given(
    st.lists(LABEL, min_size=1, max_size=3),
    st.dictionaries(LABEL.map("p{}".format), LABEL, max_size=3),
    st.randoms(use_true_random=False),
)
def test_spellings_of_one_story_are_one_key(segments: list[str], query: dict[str, str], random: object) -> None:
    """Scheme, `www.`, port, case of host, escapes, order, tracking, fragment, slash and index do not matter."""
    shuffle = random.shuffle  # type: ignore[attr-defined]
    pairs = [f"{name}={value}" for name, value in query.items()]
    plain = f"https://example.com.cn/{'/'.join(segments)}?{'&'.join(pairs)}"
    pairs += ["utm_source=x", "spm=a2.b3", "fbclid=1"]
    shuffle(pairs)
    odd_path = "/./".join("".join(f"%{ord(c):02x}" for c in segment) for segment in segments)
    odd = f"  HTTP:\\\\user:pw@WWW.Example.COM.cn.:80/x/..//{odd_path}/index.html?{'&&'.join(pairs)}&#part\n"
    assert story_key(odd) == story_key(plain)


@given(st.text("中文新闻明星代言é ,:@+'", min_size=1, max_size=6).map(str.strip).filter(bool))
def test_chinese_paths_are_one_key_however_written(name: str) -> None:
    """Raw, percent-encoded in either case, and encoded in the query: one story."""
    raw = f"https://example.cn/新闻/{name}?q={name.replace('+', '%2B')}"
    escaped = f"https://example.cn/{quote('新闻').lower()}/{quote(name)}?q={quote(name)}"
    assert story_key(raw) == story_key(escaped)


# --- examples -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://Example.COM:443", "https://example.com/"),
        ("http://user:pw@example.com:8080/a#b", "http://example.com:8080/a"),
        ("https:\\\\example.com\\a\\b?x=\\", "https://example.com/a/b?x=\\"),
        ("https://example.com/a/../b/./c/%2e%2e/d", "https://example.com/b/d"),
        ("https://新闻.中国/新 闻", "https://xn--efvy88h.xn--fiqs8s/%E6%96%B0%20%E9%97%BB"),
        ("https://www。例子。com/", "https://www.xn--fsqu00a.com/"),
        ("https://example.com/%d6%d0%2Ehtml?b=1&a=2&&amp;c=3", "https://example.com/%d6%d0.html?b=1&a=2&c=3"),
        ("https://example.com/a/?id=&x", "https://example.com/a/?id=&x"),
        ("https://example.com/a;jsessionid=0A1B;v=2?id=1", "https://example.com/a;v=2?id=1"),
        ("\u3000https://example.com/a\r\nb\u200b", "https://example.com/ab"),
        ("http://[0:0::1]:80/a", "http://[::1]/a"),
        ("https://example.com/100%25%/%7ea?%73pm=1", "https://example.com/100%25%25/~a"),
        ("https://example.com/?utm_source=a", "https://example.com/"),
        ("https://m.example.com/a-story-1", "https://m.example.com/a-story-1"),
        ("https://m.thepaper.cn/newsDetail_forward_25361234", "https://www.thepaper.cn/newsDetail_forward_25361234"),
        ("https://example.com/a#!/story/7", "https://example.com/a#!/story/7"),
        ("https://example.com/news-12345#/comments-1", "https://example.com/news-12345"),
    ],
)
def test_canonical_form(url: str, canonical: str) -> None:
    """What is asked for, case by case."""
    assert canonical_url(url) == (canonical.replace("\\", "%5C") if url.endswith("\\") else canonical)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com/?id=1&id=2", "https://example.com/?id=2&id=1"),
        ("https://example.com/a%2Fb", "https://example.com/a/b"),
        ("https://example.com/a?x=1%262", "https://example.com/a?x=1&2"),
        ("https://example.com/Story", "https://example.com/story"),
        ("https://example.com/a_1.html", "https://example.com/a_2.html"),
        ("https://example.com:8000/a", "https://example.com:8001/a"),
        ("https://news.example.com/1", "https://sport.example.com/1"),
        ("https://mobile.github.io/12345", "https://github.io/12345"),
        ("https://example.com/topics/amp", "https://example.com/topics"),
        ("https://m.weibo.cn/status/4966123456789012", "https://m.weibo.cn/status/4966123456789013"),
        ("https://example.com/%d6%d0", "https://example.com/%d6%d1"),
    ],
)
def test_stays_apart(one: str, other: str) -> None:
    """Pairs that look alike and may be two stories have two keys."""
    assert story_key(one) != story_key(other)


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("/news/1.html", "absolute"),
        ("//example.com/a", "absolute"),
        ("javascript:void(0)", "absolute"),
        ("mailto:a@example.com", "absolute"),
        ("ftp://example.com/a", "absolute"),
        ("https://", "host"),
        ("https:///", "host"),
        ("https://exa mple.com/", "host"),
        ("https://example.com:port/", "port"),
        ("https://example.com/" + "a" * MAX_LENGTH, "longer"),
        ("https://example.com/?x=" + "中" * MAX_LENGTH, "longer"),
    ],
)
def test_unusable_url_says_why(url: str, word: str) -> None:
    """An unusable URL raises an error of kolcrawl that is also a ValueError, in one short line."""
    with pytest.raises(UrlError, match=word) as caught:
        canonical_url(url)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, KolcrawlError)
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://me:secret@host:x/", "ftp://me:secret@host/", "https://me:secret@a..b/"])
def test_error_hides_the_password(url: str) -> None:
    """What is wrong with a URL is said without the password in it."""
    with pytest.raises(UrlError) as caught:
        canonical_url(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://news.bbc.co.uk/1", "bbc.co.uk"),
        ("https://k.sina.com.cn/1", "sina.com.cn"),
        ("https://name.blogspot.com/1", "name.blogspot.com"),
        ("https://blogspot.com/1", "blogspot.com"),
        ("http://127.0.0.1:8000/1", "127.0.0.1"),
        ("http://localhost:8000/1", "localhost"),
        ("http://[::1]:8000/1", "::1"),
        ("https://www.gov.cn/1", "www.gov.cn"),
        ("https://a.b.invented/1", "b.invented"),
        ("https://新闻.中国/1", "xn--efvy88h.xn--fiqs8s"),
    ],
)
def test_site(url: str, site: str) -> None:
    """The registrable domain; the host where there is none."""
    assert site_of(url) == site
