"""Pages that stand between a reader and a story, addresses that pages claim wrongly, and variants of one address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.crawl.test_redirects import SEED, SITE, crawl, own
from tests.small_web import SmallWeb, article, html, redirect

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.sample.web import Answer

HEADLINES = (
    "Ferry runs aground off the harbour wall", "Orchard owners protest against water tariff",
    "Curator resigns over missing painting", "Tram drivers strike for third week running",
    "Vaccine shipment held at the border", "Lighthouse sold to mountain family",
    "Judge halts demolition of signal box", "Festival choir loses rehearsal hall",
    "Bakery wins appeal against stall ban", "Reservoir falls to lowest level ever",
    "School library shuts for good today", "Auditor finds gaps in bridge ledger",
    "Nurse union rejects clinic merger plan", "Miller finds coins under barley store",
    "Pilot lands cargo on unfinished runway", "Quarry blast cracks village windows",
    "Engineer warns of turbine that nobody checks", "Teacher pensions rise after long dispute",
    "Customs officers seize compass collection", "Painter restores mural of schooner",
)  # fmt: skip
"""Headlines without a word in common, but for the small ones."""
SPAM = (
    "Play the best slots of the web, and claim three hundred free spins on your very first deposit with us, member {}. "
)
GATES: dict[str, tuple[str, list[str]]] = {
    "consent": ("We care about your privacy", ["We and our 842 partners store data on your device. You may accept."]),
    "consent in German": ("Ihre Privatsphäre", ["Bitte stimmen Sie der Nutzung von Cookies zu, um fortzufahren."]),
    "age": ("Are you over 18?", ["This page may hold content that is not fit for minors."]),
    "app": ("打开灯塔新闻客户端", ["随时随地阅读更多精彩内容，扫码下载，新用户还有好礼相送。"]),
    "wechat": ("请在微信客户端打开链接", ["请使用微信扫描二维码打开本页面。"]),
    "faults": ("Technical difficulties", ["We are working on it, please try again in a few minutes."]),
    "words unknown": ("Valitse asetukset", ["Me ja kumppanimme tallennamme tietoja laitteellesi."]),
    "front": (
        "The Lantern",
        [f'<a href="/a/{n}.html">Old report number {n} from the river</a><p>It rained.</p>' for n in range(30)],
    ),
    "another owner": ("Lucky Spin Casino", [SPAM.format(n) for n in range(12)]),
}
"""Headlines and paragraphs of pages that sites send with status 200 in a story's place."""


def gate(kind: str) -> Answer:
    """The page of a gate."""
    head, paragraphs = GATES[kind]
    return html(f"<h1>{head}</h1>" + "".join(f"<p>{one}</p>" for one in paragraphs), title=f"{head} - The Lantern")


def test_gates_in_the_place_of_stories(data_dir: Path) -> None:
    """A gate, a front or another owner's page neither overwrites a story that was read before nor is one where nothing
    was read, though each is met once only; an app's page that repeats the headline is none either."""
    known = {kind: f"{SITE}/a/{2000 + n}.html" for n, kind in enumerate(GATES)}
    fresh = {kind: f"{SITE}/a/{3000 + n}.html" for n, kind in enumerate(GATES) if kind != "another owner"}
    titles = dict(zip([*known.values(), *fresh.values()], HEADLINES, strict=False))
    app = (f"{SITE}/a/4000.html", HEADLINES[18])
    web = SmallWeb(
        {SEED: article("Council number 1 divides the old town", [(url, titles[url]) for url in known.values()])}
    )
    web.pages |= {url: article(titles[url]) for url in known.values()}
    arguments = ("-a", "depth=1", "-a", "refresh=all")
    first = crawl(web, data_dir, "gates", *arguments)
    assert len(first.fetched()) == 1 + len(known)
    web.pages[SEED] = article("Council number 1 divides the old town", [*titles.items(), app])
    web.pages |= {urls[kind]: gate(kind) for urls in (known, fresh) for kind in urls}
    web.pages[app[0]] = redirect("/app/open/4000.html")
    shown = f"<h1>{app[1]}</h1><p>Open this story in the Lantern app, and read faster.</p>"
    web.pages[f"{SITE}/app/open/4000.html"] = html(shown, title=app[1])
    second = crawl(web, data_dir, "gates", *arguments)
    for kind, url in known.items():
        before, now = own(first, url), own(second, url)
        assert (now["title"], now["text"]) == (before["title"], before["text"]), kind
        assert now["last_visit"]["outcome"] in ("failed", "gone"), kind
    for kind, url in fresh.items():
        found = own(second, url)
        assert (found["status"] in ("failed", "gone"), found["title"], found["text"]) == (True, titles[url], None), kind
    assert (own(second, app[0])["status"], own(second, app[0])["title"]) == ("failed", app[1])


def test_claims_and_variants(data_dir: Path) -> None:
    """Pages that claim the front, a section, one story for all, each other or another story's address stay themselves;
    the host's variants, an AMP page and a relative claim are the story that they are a variant of; a redirect to the
    edition in another language leads to another story."""
    claims = {
        "front": f"{SITE}/", "index": f"{SITE}/index.html", "section": f"{SITE}/news/", "one id": f"{SITE}/a/9001.html",
        "same id": f"{SITE}/a/9001.html", "one name": f"{SITE}/2026/03/the-first-story-of-all",
        "same name": f"{SITE}/2026/03/the-first-story-of-all", "next": f"{SITE}/a/5009.html",
        "former": f"{SITE}/a/5008.html", "nothing": "", "relative": "/a/5011.html",
    }  # fmt: skip
    web, links = SmallWeb(), []
    for number, claim in enumerate([*claims.values(), f"og {SITE}/a/9002.html"], 5001):
        url, head = f"{SITE}/a/{number}.html", ""
        if claim.startswith("og "):
            head, claim = f'<meta property="og:url" content="{claim[3:]}">', ""
        links.append((url, HEADLINES[number - 5001]))
        web.pages[url] = article(HEADLINES[number - 5001], canonical=claim or None, head=head)
    own_urls = {url for url, _ in links}
    bare = SITE.replace("www.", "")
    for number, asked in ((5101, f"{bare}/a/5101.html"), (5102, f"{SITE.replace('www', 'm')}/a/5102.html")):
        target = f"{SITE}/a/{number}.html"
        links.append((asked, HEADLINES[number - 5101 + 13]))
        web.pages[asked] = redirect(target, 301)
        web.pages[target] = article(HEADLINES[number - 5101 + 13])
    amp = f"{SITE}/amp/a/5103.html"
    links.append((amp, HEADLINES[15]))
    chinese, english = f"{SITE}/zh/a/5201.html", f"{SITE}/en/a/5201.html"
    links.append((chinese, "渡轮在港口外搁浅，十二人获救"))
    web.pages |= {
        chinese: redirect(english),
        english: article(HEADLINES[16]),
        amp: article(HEADLINES[15], canonical=f"{SITE}/a/5103.html"),
        f"{SITE}/a/5103.html": article(HEADLINES[15]),
        SEED: article("Council number 1 divides the old town", links),
    }
    stored = crawl(web, data_dir, "claims", "-a", "depth=1")
    own_urls |= {SEED, english, *(f"{SITE}/a/{number}.html" for number in (5101, 5102, 5103))}
    assert stored.fetched() == own_urls
    assert (own(stored, chinese)["status"], own(stored, chinese)["reason"]) == ("failed", "redirected")
    assert {stored.of(url)["title"] for url, _ in links} == {words for _, words in links}


def test_a_domain_that_was_sold(data_dir: Path) -> None:
    """A site whose every page is for sale one day keeps all that was read; the crawl is degraded, and says why."""
    links = [(f"{SITE}/a/{n}.html", HEADLINES[n - 6000]) for n in range(6000, 6012)]
    web = SmallWeb({SEED: article("Council number 1 divides the old town", links)})
    web.pages |= {url: article(words, [(SEED, "Council number 1 divides the old town")]) for url, words in links}
    arguments = ("-a", "depth=1", "-a", "refresh=all")
    first = crawl(web, data_dir, "sold", *arguments)
    parked = html("<h1>lantern-news.example is for sale</h1><p>Buy this domain.</p>", title="This domain is for sale")
    web.pages |= {url: parked for url, _ in links}
    second = crawl(web, data_dir, "sold", *arguments)
    for url, words in links:
        assert (own(second, url)["status"], own(second, url)["reason"]) == ("gone", "site_closed")
        assert (own(second, url)["title"], own(second, url)["text"]) == (words, own(first, url)["text"])
    quality = [run["quality"] for run in second.crawls]
    assert not any("show a notice" in line for line in quality[0]["why"])
    assert quality[1]["state"] == "degraded"
    assert any("12 of 13 pages show a notice" in line for line in quality[1]["why"])
