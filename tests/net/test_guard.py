"""The address guard, by real crawls: what is refused never reaches a server."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.net.minicrawl import Server, crawl, page

RESOLVER = {"TWISTED_DNS_RESOLVER": "tests.net.minispider.FakeResolver", "ROBOTSTXT_OBEY": True}


def refused(urls: list[str], settings: dict[str, Any] | None = None) -> dict[str, str]:
    """Crawl URLs of which none may be fetched; their reasons."""
    done = crawl(urls, settings)
    assert done.pages() == []
    assert "Traceback" not in done.log
    assert not [key for key in done.stats if key.startswith("retry/")]
    return done.reasons()


def test_literals() -> None:
    """A server on loopback is reached by no spelling of its address, nor is its robots.txt asked for."""
    with Server(lambda _: page(), host="127.0.0.1") as four, Server(lambda _: page(), host="::1") as six:
        hosts = [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "127.0.0.1.",
            "１２７.０.０.１",
            "①②⑦.0.0.1",
            "127。0。0。1",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "user:pass@127.0.0.1",
            "localhost",
        ]
        urls = [four.url(f"/{n}", host) for n, host in enumerate(hosts)]
        urls += [six.url("/", "[::1]"), six.url("/2", "[0:0:0:0:0:0:0:1]"), six.url("/3", "[::1%25lo]")]
        urls += ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://[64:ff9b::7f00:1]/"]
        reasons = refused(urls, {"ROBOTSTXT_OBEY": True})
        assert reasons == dict.fromkeys(urls, "private_address")
        assert four.hits == []
        assert six.hits == []


def test_schemes() -> None:
    """Only http and https: no file of this machine, no ftp, no inline data; and no URL that is none."""
    bad_scheme = ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:text/html,hi", "gopher://127.0.0.1/1"]
    bad_url = ["http:///nohost", "http://256.1.1.1/", "http://news.example/" + "a" * 3000]
    reasons = refused(bad_scheme + bad_url, {"ROBOTSTXT_OBEY": True})
    assert reasons == dict.fromkeys(bad_scheme, "bad_scheme") | dict.fromkeys(bad_url, "bad_url")


def test_strange_hosts() -> None:
    """Hosts that are no names, or hardly any: each gets a reason, none a connection, and none a traceback."""
    hosts = [
        "xn--a",
        "xn--zzz--",
        "a..b",
        "-a.example",
        "a_b.example",
        "☃.example",
        "a" * 64 + ".example",
        "%00.example",
    ]
    hosts += ["a%0d%0ab.example", "a b.example", "\u202e.example", "a.example:0", "@", "user@", "..", ".", "*", "0x"]
    hosts += ["127.0.0.1%00.example", "localhost%2e", "0x.0x", "08.1.1.1", "a\u00ad.example", "[v1.a]", "..127.0.0.1"]
    hosts += ["[::ffff:127.0.0.1%25eth0]", ".".join(["a" * 60] * 5), "ﬁ.example", "١٢٧.0.0.1"]
    urls = [f"http://{host}/{n}" for n, host in enumerate(hosts)]
    done = crawl(urls, RESOLVER | {"RETRY_TIMES": 0})
    assert set(done.reasons()) == set(urls)
    assert set(done.reasons().values()) <= {"dns", "bad_url", "private_address"}
    assert "Traceback" not in done.log


def test_redirects() -> None:
    """A page that may be fetched cannot send us to one that may not, by header or by meta refresh."""
    with Server(lambda _: page("secret"), host="127.0.0.2") as inner:
        targets = {
            "/header": page(status="302 Found", Location=inner.url("/")),
            "/relative": page(status="302 Found", Location=f"//127.2:{inner.port}/2"),
            "/meta": page(f'<meta http-equiv="refresh" content="0;url={inner.url("/3")}">'),
            "/file": page(status="302 Found", Location="file:///etc/passwd"),
            "/broken": page(status="302 Found", Location="http://[::1"),
        }
        with Server(lambda path: targets.get(path, page())) as outer:
            urls = [outer.url(path) for path in targets]
            done = crawl(urls, {"ALLOWED_PRIVATE_HOSTS": ["127.0.0.1"]})
            assert done.reasons() == dict.fromkeys(urls[:3], "private_address") | {
                urls[3]: "bad_scheme",
                urls[4]: "bad_url",
            }
            assert inner.hits == []


def test_dns_answers() -> None:
    """A name is judged by the address connected to: a private answer is refused, also among others that pass,
    also for robots.txt.
    """
    with (
        Server(lambda _: page(), host="127.0.0.1") as good,
        Server(lambda _: page("secret"), host="127.0.0.2", port=good.port) as inner,
    ):
        settings = RESOLVER | {
            "ALLOWED_PRIVATE_HOSTS": ["127.0.0.1"],
            "CONCURRENT_REQUESTS": 1,
            "FAKE_DNS": {
                "private.example": [["127.0.0.2"]],
                "private6.example": [["::1", "::ffff:127.0.0.2"]],
                "mixed.example": [["127.0.0.2", "127.0.0.1"]],
                "metadata.example": [["169.254.169.254", "fd00:ec2::254"]],
            },
        }
        names = list(settings["FAKE_DNS"])
        urls = [good.url(f"/{n}", name) for n, name in enumerate(names)]
        done = crawl(urls, settings)
        assert done.reasons() == {
            urls[0]: "private_address",
            urls[1]: "private_address",
            urls[3]: "private_address",
        }
        assert done.pages() == [urls[2]]
        assert {hit.headers["host"].partition(":")[0] for hit in good.hits} >= {"mixed.example"}
        assert inner.hits == []


def test_rebinding_while_connected() -> None:
    """The check is on the connection: with no robots.txt in between, a second connection is judged anew."""
    with (
        Server(lambda _: iter([page("closes", Connection="close")]), host="127.0.0.1") as good,
        Server(lambda _: page("secret"), host="127.0.0.2", port=good.port) as inner,
    ):
        settings = RESOLVER | {
            "ROBOTSTXT_OBEY": False,
            "CONCURRENT_REQUESTS": 1,
            "ALLOWED_PRIVATE_HOSTS": ["127.0.0.1"],
            "FAKE_DNS": {"rebinding.example": [["127.0.0.1"], ["127.0.0.2"]]},
        }
        first, second = (good.url(path, "rebinding.example") for path in ("/1", "/2"))
        done = crawl([first, second], settings)
        assert done.pages() == [first]
        assert done.reasons() == {second: "private_address"}
        assert inner.hits == []


@pytest.mark.parametrize("allowed", ["127.0.0.0/8", "127.0.0.1", "127.0.0.1:PORT", "news.example:PORT", "news.example"])
def test_allowed(allowed: str) -> None:
    """What the user lists is fetched, by network, address or name, with or without the port; its neighbours are not."""
    with Server(lambda _: page()) as listed, Server(lambda _: page(), host="127.0.0.2") as other:
        settings = RESOLVER | {
            "ALLOWED_PRIVATE_HOSTS": [allowed.replace("PORT", str(listed.port))],
            "FAKE_DNS": {"news.example": [["127.0.0.1"]], "other.example": [["127.0.0.2"]]},
        }
        urls = [listed.url("/", "news.example"), other.url("/", "other.example")]
        done = crawl(urls, settings)
        assert urls[0] in done.pages()
        assert (urls[1] in done.pages()) == (allowed == "127.0.0.0/8")


def test_ports_of_other_services() -> None:
    """A page cannot have a mail server or the like spoken to, unless the user lists host and port."""
    with Server(lambda _: page(), port=10080) as server:
        url = server.url()
        assert crawl([url], {"ALLOWED_PRIVATE_HOSTS": ["127.0.0.0/8"]}).reasons() == {url: "bad_url"}
        assert crawl([url], {"ALLOWED_PRIVATE_HOSTS": ["127.0.0.1:10080"]}).pages() == [url]
        assert len(server.hits) == 1


def test_proxy() -> None:
    """Through the user's proxy, names are the proxy's business, but an inner address or name is still refused.

    The proxy may stand on loopback; asking for a page of the proxy's own host is refused all the same.
    """
    with Server(lambda path: page("by proxy: " + path)) as proxy:
        inner = ["http://127.0.0.1:1/", "http://0x7f.1/", "http://[::1]/", "http://localhost/", "http://wiki/"]
        inner += ["http://metadata.google.internal/", "http://a.%6cocal/", proxy.url("/own")]
        seeds = ["http://news.example/story", *inner]
        for how in ({"env": {"http_proxy": proxy.url()}}, {"settings": {"PROXY": proxy.url()}}):
            proxy.hits.clear()
            done = crawl(seeds, **how)
            assert done.reasons() == dict.fromkeys(inner, "private_address")
            assert proxy.paths() == ["http://news.example/story"]


def test_proxy_not_the_users() -> None:
    """A proxy that only a request names is not connected to."""
    with Server(lambda _: page()) as proxy:
        url = "http://news.example/"
        done = crawl([url], meta={"proxy": proxy.url()})
        assert done.reasons() == {url: "private_address"}
        assert proxy.hits == []


def test_contact() -> None:
    """Sites learn who asks and whom to write to, in robots.txt requests too."""
    with Server(lambda _: page()) as server:
        crawl([server.url("/")], {"ALLOWED_PRIVATE_HOSTS": ["127.0.0.1"], "CONTACT": "mailto:me@example.org\r\nX: y"})
        crawl([server.url("/")], {"ALLOWED_PRIVATE_HOSTS": ["127.0.0.1"], "ROBOTSTXT_OBEY": True, "CONTACT": "u@x.org"})
        agents = [hit.headers["user-agent"] for hit in server.hits]
        assert agents == ["kolcrawl-test (+mailto:me@example.org X: y)", *["kolcrawl-test (+u@x.org)"] * 2]


def test_consoles_are_off() -> None:
    """Neither of Scrapy's consoles listens."""
    done = crawl(["http://127.0.0.1/"])
    assert "scrapy.extensions.corestats" in done.log  # the list of extensions is there
    assert "scrapy.extensions.telnet" not in done.log
    assert "scrapy.extensions.remote_control" not in done.log


def test_many_names_one_answer() -> None:
    """Refusals are cheap and quiet: a hundred hostile links give a hundred failures and no line of log each."""
    urls = [f"http://10.0.{a}.{b}/" for a, b in itertools.product(range(10), range(10))]
    done = crawl(urls)
    assert len(done.reasons()) == 100
    assert done.stats["guard/refused/private_address"] == 100
    assert done.log.count("10.0.") == 0
