# ruff: noqa: E501  # tables of what pages print
"""The day of a story among the other dates of its page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kolcrawl.page import read_page
from kolcrawl.page.facts.dating.date_labels import label_of
from kolcrawl.page.facts.dating.url_days import named_day, url_day

if TYPE_CHECKING:
    from kolcrawl.page.page import StoryFacts

NOW = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)
HEADLINE = "Bakery chain apologises for a paid review"
TEXT = "".join(
    f"<p>{text}</p>"
    for text in (
        "The bakery chain said on Monday that it had ended its work with the reviewer after two days of complaints from customers.",
        "Two managers lost their bonus for the year, and an employee left; a committee is to look at every campaign before it is signed.",
        "People in the trade said that trust, once gone, takes longer to come back than any campaign lasts, and that answering fast helps.",
        "The reviewer, who has two million followers, took the film down in the evening and said that the fee would go to a food bank.",
    )
)


def story_of(
    body: str,
    *,
    head: str = "",
    lang: str = "en",
    url: str = "https://news.example.com/a/1.html",
    title: str = HEADLINE,
) -> StoryFacts:
    """Read a made page with a headline."""
    page = (
        f'<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>{body}</body></html>'
    )
    return read_page(page.encode(), url, {}, now=NOW).story


def day_of(story: StoryFacts) -> str | None:
    """Return the printed day."""
    return story.published["day"] if story.published else None


def jsonld(published: str) -> str:
    """A JSON-LD script with a date."""
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", "headline": HEADLINE, "datePublished": published})}</script>'


H1 = f"<h1>{HEADLINE}</h1>"
SHOWN = [
    # The stamp above the headline, dated teasers in the text.
    f'<div>02.03.2026 10:24</div>{H1}{TEXT}<div><a href="/b/2.html">Batteries of all makers compared at length</a> 27.02.2026</div>',
    # An exact stamp goes before a bare date of something else.
    f"{H1}<p>Season of 1.3.2026</p><p>2.3.2026, 10:24</p>{TEXT}",
    # What is labelled goes before what is not, wherever it stands.
    f"{H1}{TEXT}<div>The head office, 24 February 2026</div><ul><li><b>Published</b> 2 March 2026</li></ul>",
    # Captions and events are no publication.
    f'{H1}<figure><img src="x.jpg"><figcaption>The head office on 24 February 2026</figcaption></figure><div>2 March 2026</div>{TEXT}',
    f"{H1}<div>Event date: 24 February 2026</div><div>2 March 2026</div>{TEXT}",
    # A change that is printed first.
    f"{H1}<div><span>Updated: 5 March 2026, 08:15</span> <span>Published: 2 March 2026, 10:24</span></div>{TEXT}",
    f"{H1}<dl><dt>Last modified</dt><dd>5 March 2026</dd><dt>Posted</dt><dd>2 March 2026</dd></dl>{TEXT}",
    f'{H1}<p>Updated <time datetime="2026-03-05T08:15:00+01:00">5 March</time></p><p><time datetime="2026-03-02T10:24:00+01:00">2 March</time></p>{TEXT}',
    # Classes that mean publication and change at once, and microformats that keep the date in a title.
    f'{H1}<time class="date updated published" datetime="2026-03-02T10:24:00+01:00"></time>{TEXT}',
    f'{H1}<div>x</div>{TEXT}<div class="post-footer"><abbr class="published" itemprop="datePublished" title="2026-03-02T10:24:00+01:00">10:24</abbr></div>',
    f'<h2 class="date-header"><span>Monday, March 2, 2026</span></h2><h3 class="post-title"><a href="/a/1.html">{HEADLINE}</a></h3>{TEXT}',
    f'{H1}{TEXT}<div class="footerRow"><span class="documentPublished"><span>published</span> 02.03.2026 06:00</span></div>',
    # Words of layouts: a box's shadow, a widget that is the post itself, a promoted node.
    f'<div class="widget Blog"><div class="box-shadow node-promoted">{H1}<div class="submitted">Submitted by rasos on 2 March 2026 - 18:55</div>{TEXT}</div></div>',
    f'<article>{H1}<footer class="node__meta"><span>02.03.26</span> / 0 comments</footer>{TEXT}</article>',
    # A time far from the headline is a comment's, whatever its class.
    f'<main><header>{H1}<p><time datetime="2026-03-02T10:24:00Z">2 March 2026</time></p></header>{TEXT}<section><div><div><p><time class="date" datetime="2026-03-09T10:24:00Z">9 March</time> I agree</p></div></div></section></main>',
    # An age stands back behind a date.
    f"{H1}<ul><li>2 hours ago</li></ul><div>2 March 2026</div>{TEXT}",
]  # fmt: skip


@pytest.mark.parametrize("body", SHOWN)
def test_the_day_among_other_dates(body: str) -> None:
    """Of several dates that a page shows, its own is read."""
    assert day_of(story_of(body, lang="en-GB")) == "2026-03-02"


def test_dates_that_open_or_close_the_text_are_the_last_to_be_asked() -> None:
    """A dateline, a date before the first sentence, and one below the last are read where no other date is."""
    opening = TEXT.replace("<p>The bakery", "<p>Orlmoor, (02.03.2026). The bakery", 1)
    assert day_of(story_of(H1 + opening, lang="de")) == "2026-03-02"
    assert day_of(story_of(f"{H1}{TEXT}<p>Orlmoor, 2 March 2026</p>", lang="en-GB")) == "2026-03-02"
    wire = TEXT.replace("<p>The bakery", "<p>ORLMOOR, March 2, 2026 /Wire/ -- The bakery", 1)
    assert day_of(story_of(H1 + wire, lang="en-US")) == "2026-03-02"
    assert (
        day_of(story_of(f"{H1}<div>1 March 2026</div>{TEXT}<p>Orlmoor, 2 March 2026</p>", lang="en-GB")) == "2026-03-01"
    )
    assert day_of(story_of(H1 + TEXT, title=f"02.03.2026 - {HEADLINE}", lang="de")) == "2026-03-02"


def test_a_labelled_date_at_the_end_of_a_long_page() -> None:
    """Where nothing else is found, a labelled date anywhere is; one of a change is better than none."""
    long = TEXT * 12
    assert (
        day_of(story_of(f"{H1}{long}<p>Last edited: 5 March 2026</p><p>Published: 2 March 2026</p>", lang="en-GB"))
        == "2026-03-02"
    )
    assert day_of(story_of(f"{H1}{long}<p>Last edited: 5 March 2026</p>", lang="en-GB")) == "2026-03-05"
    assert day_of(story_of(f"{H1}{long}<p>Member since: 5 March 2026</p>", lang="en-GB")) is None


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://e.com/2026/03/02/a", "2026-03-02"),
        ("https://e.com/a/20260302/1.html", "2026-03-02"),
        ("https://e.com/2026/03/10-things-to-know", None),
        ("https://web.archive.org/web/20120216182711/http://e.com/2012/02/14/a", "2012-02-14"),
        ("https://web.archive.org/web/20120216182711/http://e.com/a", None),
        ("https://web.archive.org/web/2012/http://e.com/a", None),
    ],
)
def test_the_day_in_an_address(url: str, day: str | None) -> None:
    """A number that begins a name is no day, and an archive's address gives that of the page it keeps."""
    found = url_day(url, NOW)
    assert (found.date().isoformat() if found else None) == day


@pytest.mark.parametrize(
    ("url", "day"),
    [("https://e.com/news/02-03-2026", "2026-03-02"), ("https://e.com/x/02032026-a", "2026-03-02"), ("https://e.com/x/99-99-2026", None)],
)  # fmt: skip
def test_a_day_in_the_name_of_a_page(url: str, day: str | None) -> None:
    """An address with the day first is read where the page shows no date."""
    found = named_day(url, NOW)
    assert (found.date().isoformat() if found else None) == day
    assert day_of(story_of(H1 + TEXT, url=url)) == day
    assert day_of(story_of(f"{H1}<p>1 March 2026</p>{TEXT}", url=url, lang="en-GB")) == "2026-03-01"


def test_markup_that_agrees_is_not_overruled_by_an_address() -> None:
    """A day in the address overrules one place, and several that agree only where they are of long after."""
    url, meta = (
        "https://e.com/2026/01/02/a",
        '<meta property="article:published_time" content="2026-03-02T10:24:00+01:00">',
    )
    agreed = jsonld("2026-03-02T10:24:00+01:00") + meta
    assert day_of(story_of(H1 + TEXT, head=meta, url=url)) == "2026-01-02"
    assert day_of(story_of(H1 + TEXT, head=agreed, url=url)) == "2026-03-02"
    assert day_of(story_of(H1 + TEXT, head=agreed, url=url.replace("2026", "2019"))) == "2019-01-02"


def test_the_local_day_of_a_moment_in_utc() -> None:
    """An evening in America that markup gives in UTC has the day that the page shows, in its words."""
    evening = jsonld("2026-03-03T03:28:35Z")
    shown = story_of(f"{H1}<p>March 2, 2026 10:28 PM</p>{TEXT}", head=evening)
    assert shown.published_at == datetime(2026, 3, 3, 3, 28, 35, tzinfo=UTC)
    assert shown.published is not None
    assert (shown.published["day"], shown.published["raw"]) == ("2026-03-02", "March 2, 2026 10:28 PM")
    bare = story_of(f"{H1}<p>March 2, 2026</p>{TEXT}", head=evening)
    assert (day_of(bare), bare.published_at) == ("2026-03-02", shown.published_at)
    assert bare.published is not None
    assert bare.published["raw"] == "March 2, 2026"
    other = story_of(f"{H1}<p>February 20, 2026 10:28 PM</p>{TEXT}", head=evening)
    assert day_of(other) == "2026-03-03"


def test_a_local_clock_that_is_marked_as_utc() -> None:
    """Where a page far from Greenwich shows the clock that its markup gives as UTC, the markup's zone is wrong."""
    body = f"<h1>{HEADLINE}</h1><div>2026-03-02 10:24:00</div>{TEXT}"
    mistaken = story_of(body, head=jsonld("2026-03-02T10:24:00Z"), url="https://e.cn/a.html")
    assert mistaken.published_at == datetime(2026, 3, 2, 2, 24, tzinfo=UTC)
    right = story_of(body, head=jsonld("2026-03-02T02:24:00Z"), url="https://e.cn/a.html")
    assert right.published_at == datetime(2026, 3, 2, 2, 24, tzinfo=UTC)
    near = story_of(body, head=jsonld("2026-03-02T10:24:00Z"), url="https://e.de/a.html")
    assert near.published_at == datetime(2026, 3, 2, 10, 24, tzinfo=UTC)


def test_month_and_day_in_the_order_of_the_system() -> None:
    """A numeric date of the markup is read in the other order where the page shows that day."""
    meta = '<meta name="date" content="11/01/2025 12:43:42">'
    assert day_of(story_of(f"{H1}<p>01.11.2025</p>{TEXT}", head=meta, lang="en-GB")) == "2025-11-01"
    assert day_of(story_of(H1 + TEXT, head=meta, lang="en-GB")) == "2025-01-11"


def test_a_year_that_was_not_printed() -> None:
    """It is marked as assumed, and yields to a date of that day which has one."""
    story = story_of(f"{H1}<p>3月2日 10:24</p>{TEXT}", lang="zh-CN")
    assert story.published is not None
    assert (story.published["day"], story.published["year"]) == ("2026-03-02", "assumed")
    other = story_of(f"{H1}<p>3月2日</p>{TEXT}", lang="zh-CN", url="https://e.cn/2024/03/02/a.html")
    assert other.published is not None
    assert (other.published["day"], other.published["year"]) == ("2024-03-02", "stated")


@pytest.mark.parametrize(
    ("before", "behind", "label"),
    [
        ("Cập nhật: ", "", "updated"), ("Xuất bản: ", "", "published"), ("آخر تحديث: ", "", "updated"), ("نشر في: ", "", "published"),
        ("अपडेटेड ", "", "updated"), ("प्रकाशित ", "", "published"), ("به‌روزرسانی: ", "", "updated"), ("อัปเดต ", "", "updated"), ("עודכן ב-", "", "updated"),
        ("Diperbarui ", "", "updated"), ("সর্বশেষ আপডেট: ", "", "updated"), ("Ενημερώθηκε: ", "", "updated"), ("Aktualizováno ", "", "updated"), ("Frissítve: ", "", "updated"),
        ("Обновена ", "", "updated"), ("Aktualisiert am ", "", "updated"), ("", " 更新", "updated"), ("", " 公開 ", "published"), ("", " 更新 2026", None), ("Update my candidate ", "", "updated"),
        ("candidate ", "", None), ("", "", None), ("gültig bis ", "", "other"),
    ],
)  # fmt: skip
def test_labels_of_dates(before: str, behind: str, label: str | None) -> None:
    """Words for publication and change are known in many languages, and not found within other words."""
    assert label_of(before, behind) == label


def test_a_locale_is_no_country() -> None:
    """ar_AR is Arabic and es_LA the Spanish of a continent: a clock without zone stays UTC."""
    for locale in ("ar_AR", "es_LA", "es_ES", "en_US"):
        page = f'<html><head><meta charset="utf-8"><title>{HEADLINE}</title><meta property="og:locale" content="{locale}"></head><body>{H1}<p>2026-03-02 10:24</p>{TEXT}</body></html>'
        story = read_page(page.encode(), "https://news.example.com/a/1.html", {}, now=NOW).story
        assert story.published_at == datetime(2026, 3, 2, 10, 24, tzinfo=UTC), locale


def test_dates_that_only_a_site_s_own_markup_has() -> None:
    """Where nothing else is found, a meta element of any name that says publication is read, then a date in a call."""
    meta = '<meta property="example:uploaded" content="2026-03-02T04:36:36-05:00"><meta name="x" content="2026-03-09">'
    assert day_of(story_of(H1 + TEXT, head=meta)) == "2026-03-02"
    call = '<script>showDate("2026/03/02 01:43:09")</script>'
    assert day_of(story_of(H1 + call + TEXT)) == "2026-03-02"
    assert day_of(story_of(f"{H1}{call}<p>1 March 2026</p>{TEXT}", lang="en-GB")) == "2026-03-01"
