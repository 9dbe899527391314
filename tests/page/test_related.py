"""The page's own list of related stories, on pages made for it."""

from __future__ import annotations

from collections.abc import Callable

import lxml.html
import pytest

from kolcrawl.items import LINK_KINDS
from kolcrawl.page import Page, PageLink, SiteRules, parse_document, read_page
from kolcrawl.page.related.find_links import find_links
from kolcrawl.page.related.site_memory import SiteMemory
from tests.page.made_pages import (
    EN_TOPICS,
    HOST,
    MADE,
    MadePage,
    absolute,
    aggregator,
    cards,
    items,
    page,
    plain,
    portal,
    story,
    titles,
)

HEADINGS = {  # related heading, heading of another kind, that kind
    "zh-Hans": ("相关新闻", "热门文章", "popular"),
    "zh-Hant": ("延伸閱讀", "即時新聞", "latest"),
    "ja": ("関連記事", "人気ランキング", "popular"),
    "ko": ("관련기사", "많이 본 뉴스", "popular"),
    "en": ("Related stories", "Most read", "popular"),
    "de": ("Mehr zum Thema", "Meistgelesen", "popular"),
    "fr": ("Sur le même sujet", "Les plus lus", "popular"),
    "es": ("Noticias relacionadas", "Lo más leído", "popular"),
    "pt": ("Leia também", "Últimas notícias", "latest"),
    "it": ("Leggi anche", "I più letti", "popular"),
    "ro": ("Citește și", "Cele mai citite", "popular"),
    "nl": ("Lees ook", "Meest gelezen", "popular"),
    "sv": ("Läs också", "Mest lästa", "popular"),
    "no": ("Les også", "Siste nytt", "latest"),
    "da": ("Læs også", "Mest læste", "popular"),
    "fi": ("Aiheesta lisää", "Luetuimmat", "popular"),
    "pl": ("Czytaj także", "Najpopularniejsze", "popular"),
    "cs": ("Související články", "Nejčtenější", "popular"),
    "hu": ("Kapcsolódó cikkek", "Legolvasottabb", "popular"),
    "ru": ("Читайте также", "Популярное", "popular"),
    "uk": ("Читайте також", "Останні новини", "latest"),
    "bg": ("Още по темата", "Най-четени", "popular"),
    "el": ("Διαβάστε επίσης", "Δημοφιλή", "popular"),
    "tr": ("İlgili haberler", "Çok okunanlar", "popular"),
    "ar": ("اقرأ أيضا", "الأكثر قراءة", "popular"),
    "fa": ("مطالب مرتبط", "پربازدیدترین‌ها", "popular"),
    "he": ("כתבות קשורות", "הנקראות ביותר", "popular"),
    "hi": ("संबंधित खबरें", "लोकप्रिय", "popular"),
    "bn": ("আরও পড়ুন", "সর্বাধিক পঠিত", "popular"),
    "ta": ("தொடர்புடைய செய்திகள்", "பிரபலமான", "popular"),
    "th": ("ข่าวที่เกี่ยวข้อง", "ยอดนิยม", "popular"),
    "vi": ("Tin liên quan", "Đọc nhiều", "popular"),
    "id": ("Berita terkait", "Terpopuler", "popular"),
    "sw": ("Habari zinazohusiana", "Zilizosomwa zaidi", "popular"),
}


def links_of(made: MadePage, rules: SiteRules | None = None, memory: SiteMemory | None = None) -> list[PageLink]:
    """What is read off a made page."""
    return read_page(made.html.encode(), made.url, rules=rules or SiteRules(), memory=memory).links


def urls(links: list[PageLink], kind: str) -> list[str]:
    """URLs of one kind, in page order."""
    return [link.url for link in links if link.kind == kind]


@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
def test_kinds_on_made_pages(make: Callable[[], MadePage]) -> None:
    """On each kind of markup the page's own stories are related, the other lists are what their headings say."""
    made = make()
    found = links_of(made)
    for kind in LINK_KINDS:
        if kind in made.kinds or kind == "related":
            assert urls(found, kind) == made.kinds.get(kind, []), kind


@pytest.mark.parametrize("lang", HEADINGS)
def test_headings_in_many_languages(lang: str) -> None:
    """The heading alone, in any language, tells the page's own list from a list of the same make."""
    ours, theirs, kind = HEADINGS[lang]
    chinese = lang.startswith("zh") or lang == "ja"
    item = '<li><a href="{href}">{title}</a></li>'
    blocks = [(ours, range(1, 6), False), (theirs, range(20, 25), True)]
    after = "".join(
        f"<div class=box><h3>{heading}</h3><ul>{items(numbers, titles(chinese, others, 5), item)}</ul></div>"
        for heading, numbers, others in blocks
    )
    found = links_of(page(lang, chinese, "", after))
    assert urls(found, "related") == absolute(range(1, 6))
    assert urls(found, kind) == absolute(range(20, 25))
    assert {link.heading for link in found if link.kind == "related"} == {ours}


def test_anchor_is_the_headline_once() -> None:
    """Image, headline and summary links of a card are one link, its anchor the headline alone."""
    found = [link for link in links_of(cards()) if link.heading == "Related articles"]
    assert [link.anchor for link in found] == list(EN_TOPICS[:4])
    assert [link.position for link in found] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("printed", "heading"),
    [
        ("相关新闻 <a href='/more/'>更多&gt;&gt;</a>", "相关新闻"),
        ("Related stories <a href='/more/'>See all</a>", "Related stories"),
        ("<a href='/more/'>Related stories</a>", "Related stories"),
        ("相关报道：", "相关报道"),
        ("Read more", "Read more"),
    ],
)
def test_heading_as_printed(printed: str, heading: str) -> None:
    """The heading is kept as printed, without its colon and the link to the whole list beside it."""
    after = f"<div><h3>{printed}</h3><ul>{plain(range(1, 5), False, False)}</ul></div>"
    found = [link for link in links_of(page("heading", False, "", after)) if link.kind == "related"]
    assert {link.heading for link in found} == {heading}


def test_callout_between_paragraphs() -> None:
    """A read-also line in the body is related, under the words before it."""
    first = links_of(cards())[0]
    assert (first.url, first.kind, first.heading, first.position) == (HOST + story(9), "related", "Read also", 1)


def test_hyperlinks_in_sentences_are_no_list() -> None:
    """A link in the middle of a sentence is no related story."""
    link = f'<a href="{story(5)}">ended its deal with the reviewer</a>'
    inside = f"<p>As we reported, the maker {link} only last week, and said little of it since then.</p>"
    assert urls(links_of(page("sentence", False, "", "", inside=inside)), "related") == []


def test_places_are_no_stories() -> None:
    """Section fronts, tags, authors, share targets, app stores, files and the page itself are never links."""
    hrefs = [
        "/", "/sport/", "/tag/phones-and-more-of-them", "/author/somebody-or-other-12345",
        "https://www.facebook.com/sharer?u=1",
        "https://apps.apple.com/app/id123456", "/files/report-of-the-inquiry-2026.pdf", story(0),
        f"{HOST}{story(0)}#comments",
        "javascript:void(0)", "mailto:someone@example.org", "/search?q=phone+maker",
        "/elem/000/001/848/1848438/img.html", "/a/100201/photo/", "/a/100201/photo/12",
    ]  # fmt: skip
    listed = "".join(
        f"<li><a href='{href}'>Phone maker ends the deal with a reviewer {n}</a></li>" for n, href in enumerate(hrefs)
    )
    good = f"<li><a href='{story(1)}'>{EN_TOPICS[0]}</a></li><li><a href='{story(2)}'>{EN_TOPICS[1]}</a></li>"
    found = links_of(page("places", False, "", f"<h3>Related stories</h3><ul>{listed}{good}</ul>"))
    assert [link.url for link in found] == absolute(range(1, 3))


def test_links_under_the_pages_own_headline() -> None:
    """A reprint under the same headline is a story like others; the story's own comments are none."""
    title = "Phone maker apologises for deal with reviewer"
    reprint = f"<li><a href='{story(1)}'>{title}</a></li><li><a href='{story(2)}'>{EN_TOPICS[1]}</a></li>"
    comments = f"<h5 class=comment-head><a href='/talk/100200.html'>{title}</a></h5>"
    made = page("own", False, "", f"<h3>Related stories</h3><ul>{reprint}</ul>{comments}")
    assert [link.url for link in links_of(made)] == absolute(range(1, 3))


@pytest.mark.parametrize(
    ("card", "count"),
    [
        ("<figure><a href='{0}'><img alt=''></a><figcaption>{1}</figcaption></figure>", 0),
        ("<div class=photo><a href='{0}'><img></a><p class=caption>{1}</p></div>", 0),
        ("<figure><a href='{0}'><img></a><figcaption><h3>{1}</h3></figcaption></figure>", 4),
        ("<figure><a href='{0}'><img></a><figcaption><a href='{0}'>{1}</a></figcaption></figure>", 4),
        ("<div class=card><a href='{0}'><img></a><p class=name>{1}</p></div>", 4),
    ],
)
def test_pictures_with_captions_are_no_cards(card: str, count: int) -> None:
    """A picture that links to its larger self, over a caption, is no story; one over a headline is."""
    cards = "".join(card.format(story(n), EN_TOPICS[n - 1]) for n in range(1, 5))
    found = links_of(page("pictures", False, "", f"<section><h3>Related stories</h3>{cards}</section>"))
    assert len(found) == count


def test_what_belongs_to_the_page_is_no_other_story() -> None:
    """The page under another address of its site, its order form and its count of comments are not related stories."""
    number = story(0).rpartition("/")[2].partition(".")[0]
    hrefs = (
        f"/talk/post.jsp?news_id={number}&view=1",
        f"/money/story/5603/{number}",
        f"/rights/order?purl={HOST}{story(0)}",
        f"{story(0)}?comments=1",
    )
    own = "".join(
        f"<li><a href='{href}'>Phone maker and its reviewer, number {n}</a></li>" for n, href in enumerate(hrefs)
    )
    back = f"<li><a href='{story(1)}?backto={HOST}{story(0)}'>{EN_TOPICS[0]}</a></li>"
    other = f"<li><a href='{story(2)}'>{EN_TOPICS[1]}</a></li>"
    made = page("belongs", False, "", f"<h3>Related stories</h3><ul>{own}{back}{other}</ul>")
    assert [link.url.partition("?")[0] for link in links_of(made)] == absolute(range(1, 3))


@pytest.mark.parametrize("said", ["Next article:", "Previous post:"])
def test_words_before_a_lone_link_are_nearer_than_a_heading(said: str) -> None:
    """The next story by date is none of the list's, although it stands under its heading."""
    listed = "".join(f"<li><a href='{story(n)}'>{EN_TOPICS[n - 1]}</a></li>" for n in range(1, 4))
    beside = f"<p><b>{said}</b> <a href='{story(9)}'>New line of the underground opens to the public</a></p>"
    found = links_of(page("lead", False, "", f"<h3>Related stories</h3><ul>{listed}</ul>{beside}"))
    assert urls(found, "related") == absolute(range(1, 4))


def test_a_line_of_heading_and_story_heads_nothing_else() -> None:
    """ "Related: a story" in one line is that story's heading, and not that of the feed below it."""
    line = f"<div>Related stories: <a href='{story(1)}'>{EN_TOPICS[0]}</a></div>"
    feed = "".join(f"<li><a href='{story(n)}'>{t}</a></li>" for n, t in enumerate(titles(False, True, 5), 10))
    found = links_of(page("line", False, "", f"<div>{line}<div><ul>{feed}</ul></div></div>"))
    assert urls(found, "related") == [HOST + story(1)]


def test_links_in_the_headline_are_no_stories() -> None:
    """What the h1 links to is the page or the site, not another story."""
    made = page("top", False, "", "")
    linked = made.html.replace("<h1>", f"<h1><a href='{story(7)}'>The example's house of news</a> ")
    assert linked != made.html
    assert links_of(MadePage("top", linked, made.url)) == []


def test_related_keywords_are_not_related_stories() -> None:
    """A list of subjects under "Related topics" holds no stories."""
    subjects = "".join(f"<li><a href='/tag/{n}'>Phones {n}</a></li>" for n in range(6))
    assert links_of(page("topics", False, "", f"<h3>Related topics</h3><ul>{subjects}</ul>")) == []


def test_quiet_page() -> None:
    """A page with nothing but navigation, a hot list and a footer has no related links."""
    hot = items(range(20, 26), titles(True, True, 6), "<li><a href={href}>{title}</a></li>")
    found = links_of(page("quiet", True, "", "", side=f"<h3>点击排行</h3><ol>{hot}</ol>"))
    assert urls(found, "related") == []
    assert urls(found, "popular") == absolute(range(20, 26))


def test_relative_to_the_base() -> None:
    """URLs are resolved against `<base href>`, and kept as the page gives them."""
    made = portal()
    html = made.html.replace("<title>", '<base href="https://m.example.org/x/"><title>').replace(
        "href=/a/", "href=../a/"
    )
    found = read_page(html.encode(), made.url).links
    assert urls(found, "related") == [f"https://m.example.org{story(n)}" for n in range(1, 7)]


def test_ranks_dates_and_bullets_leave_the_anchor() -> None:
    """Counting numbers, bullets and dates around a headline are no part of it; a number in it is."""
    texts = [
        "1. 手机品牌终止合作后续",
        "2. 博主回应合作争议",
        "3. 7个问题看懂合作争议 (03-01)",
        "4. ·品牌方公布调查结果 2026-03-01 10:22",
    ]
    rows = "".join(f"<li><a href='{story(n)}'>{text}</a></li>" for n, text in enumerate(texts, 1))
    found = links_of(page("ranks", True, "", f"<h3>相关新闻</h3><ul>{rows}</ul>"))
    assert [link.anchor for link in found] == [
        "手机品牌终止合作后续",
        "博主回应合作争议",
        "7个问题看懂合作争议",
        "品牌方公布调查结果",
    ]


def test_nofollow_is_kept() -> None:
    """rel=nofollow of the anchor is told with the link."""
    made = portal()
    html = made.html.replace("target=_blank", "rel='external nofollow'", 1)
    found = [link for link in read_page(html.encode(), made.url).links if link.kind == "related"]
    assert [link.nofollow for link in found] == [True, False, False, False, False, False]


def test_tree_is_not_changed_and_answer_is_the_same_twice() -> None:
    """Finding links leaves the tree as it was and depends on nothing else."""
    document = parse_document(cards().html.encode(), cards().url)
    before = lxml.html.tostring(document.root)
    first = find_links(document, Page(url=document.url, encoding="utf-8"), SiteRules(), None)
    second = find_links(document, Page(url=document.url, encoding="utf-8"), SiteRules(), None)
    assert first == second
    assert lxml.html.tostring(document.root) == before


def test_rules_go_before_the_engine() -> None:
    """A site's selectors settle which block is related, which parts are nothing, and which URLs are stories."""
    made = aggregator()
    html = made.html.replace("<h3>随便看看</h3><ul>", "<h3>随便看看</h3><ul class=own>")
    made = MadePage(made.name, html, made.url)
    assert urls(links_of(made, SiteRules(related=("ul.own",))), "related") == absolute(range(40, 50))
    assert links_of(made, SiteRules(ignore=("div.main",))) == []
    assert urls(links_of(made, SiteRules(kinds=(("ul.own", "latest"),))), "latest") == absolute(range(40, 50))
    only = links_of(made, SiteRules(story_url=r"/10020[1-3]\.html$"))
    assert [link.url for link in only] == absolute(range(1, 4))


def bare_list(numbers: range, name: str) -> str:
    """A list without a heading, as some templates have below the body."""
    texts = [f"{title} {name}{n}" for n, title in zip(numbers, titles(False, True, len(numbers)), strict=True)]
    return f"<div class={name}><ul>{items(numbers, texts, '<li><a href={href}>{title}</a></li>')}</ul></div>"


def test_memory_tells_furniture_from_the_pages_own() -> None:
    """A list without a heading that changes with every page becomes related once pages of the host were read; the
    same list on every page does not, even under a heading that says related."""
    memory = SiteMemory()
    for visit in range(6):
        same = "<h3>Related stories</h3>" + bare_list(range(1, 6), "same")
        own = bare_list(range(100 + visit * 10, 105 + visit * 10), "own")
        made = page("bare", False, "", own + same)
        made.url = HOST + story(500 + visit)
        alone, taught = links_of(made), links_of(made, memory=memory)
    assert urls(alone, "related") == absolute(range(1, 6))
    assert urls(taught, "related") == absolute(range(150, 155))


def test_memory_tells_two_lists_of_one_make_apart() -> None:
    """Of two lists at the same place of the template, only the one that changes is the page's own."""
    memory = SiteMemory()
    for visit in range(6):
        own = bare_list(range(100 + visit * 10, 105 + visit * 10), "twin")
        made = page("twins", False, "", own + "<hr>" + bare_list(range(1, 6), "twin"))
        made.url = HOST + story(500 + visit)
        taught = links_of(made, memory=memory)
    assert urls(taught, "related") == absolute(range(150, 155))


def test_memory_tells_what_is_pinned_to_a_list() -> None:
    """A link that stands in the related list of every page, and is on another matter, is no story of the list's."""
    memory = SiteMemory()
    pinned = f"<li><a href='{story(900)}'>Subscribe to the morning letter of the house</a></li>"
    for visit in range(8):
        numbers = range(100 + visit * 10, 104 + visit * 10)
        listed = items(numbers, titles(False, False, 4), "<li><a href='{href}'>{title}</a></li>")
        made = page("pinned", False, "", f"<h3>Related stories</h3><ul>{listed}{pinned}</ul>")
        made.url = HOST + story(500 + visit)
        alone, taught = links_of(made), links_of(made, memory=memory)
    assert urls(alone, "related") == [*absolute(numbers), HOST + story(900)]
    assert urls(taught, "related") == absolute(numbers)
    assert urls(taught, "recommended") == [HOST + story(900)]


def test_memory_leaves_a_hub_in_its_list() -> None:
    """A story that all pages of an affair list, now here and now there, is one of the list's, whatever its matter."""
    memory = SiteMemory()
    hub = f"<li><a href='{story(900)}'>Subscribe to the morning letter of the house</a></li>"
    for visit in range(12):
        numbers = range(100 + visit * 10, 104 + visit * 10)
        listed = items(numbers, titles(False, False, 4), "<li><a href='{href}'>{title}</a></li>").split("</li>")
        listed.insert(visit % 4, hub.removesuffix("</li>"))
        made = page("hub", False, "", f"<h3>Related stories</h3><ul>{'</li>'.join(listed)}</ul>")
        made.url = HOST + story(500 + visit)
        taught = links_of(made, memory=memory)
    assert HOST + story(900) in urls(taught, "related")


def test_memory_tells_what_is_pinned_to_a_list_of_two() -> None:
    """Of two links, one of which is the same on every page, only the other is related."""
    memory = SiteMemory()
    for visit in range(12):
        two = (
            f"<div class=box><h3>Read also</h3><ul><li><a href='{story(200 + visit)}'>{EN_TOPICS[0]} {visit}</a></li>"
            f"<li><a href='{story(900)}'>Subscribe to the morning letter of the house</a></li></ul></div>"
        )
        made = page("two", False, "", two)
        made.url = HOST + story(500 + visit)
        taught = links_of(made, memory=memory)
    assert HOST + story(900) not in urls(taught, "related")
    assert urls(taught, "related") == [HOST + story(211)]


def test_memory_leaves_the_stories_of_one_affair_to_each_other() -> None:
    """Stories of one affair list each other on all their pages: that is no furniture."""
    memory = SiteMemory()
    for visit in range(10):
        others = [n for n in range(1, 11) if n != visit + 1]
        listed = "".join(f"<li><a href='{story(n)}'>{EN_TOPICS[n % len(EN_TOPICS)]} {n}</a></li>" for n in others)
        made = page("affair", False, "", f"<h3>You may also like</h3><ul>{listed}</ul>")
        made.url = HOST + story(visit + 1)
        assert urls(links_of(made, memory=memory), "related") == [HOST + story(n) for n in others]


def test_what_a_site_taught_serves_the_first_page_of_a_later_crawl() -> None:
    """Lessons that pages of one crawl gave let another one judge its first page as if it had read them."""
    memory, later, lessons = SiteMemory(), SiteMemory(), {}
    for visit in range(7):
        same = "<h3>Related stories</h3>" + bare_list(range(1, 6), "same")
        own = bare_list(range(100 + visit * 10, 105 + visit * 10), "own")
        made = page("bare", False, "", own + same)
        made.url = HOST + story(500 + visit)
        if visit < 6:
            lessons |= {
                lesson.place: lesson for lesson in read_page(made.html.encode(), made.url, memory=memory).lessons
            }
    assert urls(links_of(made, memory=SiteMemory()), "related") == absolute(range(1, 6))
    later.take_up("news.example.org", list(lessons.values()))
    assert urls(links_of(made, memory=later), "related") == absolute(range(160, 165))


def test_memory_is_bounded_and_learns_nothing_from_the_same_page() -> None:
    """Ten thousand hosts leave the memory small; one page read again and again says nothing of its template."""
    memory = SiteMemory()
    for number in range(10_000):
        memory.staying(f"host{number}.example", f"place{number % 100}", "page", [f"link{number}"])
    assert len(memory.hosts) <= 256
    again = [memory.staying("a.example", "place", "page", ["x", "y"]) for _ in range(9)]
    assert again == [None] * 9
