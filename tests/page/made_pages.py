"""Article pages with invented text, on the markup habits of several kinds of sites, and the truth about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

HOST = "https://news.example.org"
CHINESE = (
    "某手机品牌在周一发布声明，称已经终止与一位网络博主的全部合作，并向用户致歉。品牌方表示，内部审核流程存在疏漏，相关负责人已被"
    "停职，调查结果将在一周内公布。多名消费者在社交平台上表达不满，认为企业选人不慎。业内人士指出，类似的争议近年来并不少见。"
)
ENGLISH = (
    "A phone maker said on Monday that it had ended all work with a well known reviewer and apologised to its buyers. "
    "The company said that its own checks had failed and that the people in charge were suspended until the end of the "
    "inquiry. Several buyers had voiced their anger. Observers noted that such rows had become more frequent of late. "
)
ZH_TOPICS = (
    "手机品牌终止合作后续",
    "博主回应合作争议",
    "品牌方公布调查结果",
    "消费者要求赔偿道歉",
    "审核流程为何失灵",
    "网红营销的边界在哪",
)
ZH_OTHERS = (
    "春季菜市场物价回落",
    "地铁新线今日通车",
    "古镇举办灯会迎客",
    "高校公布招生计划",
    "台风预计周末登陆",
    "球队客场取得三连胜",
)
EN_TOPICS = (
    "Phone maker ends deal with reviewer after outcry",
    "Reviewer answers the phone maker over ended deal",
    "Inquiry into the phone maker's checks is published",
    "Buyers of the phone maker ask for their money back",
    "Why the phone maker's own checks on reviewers failed",
)
EN_OTHERS = (
    "Spring prices fall on the vegetable markets of the south",
    "New line of the underground opens to the public today",
    "Old town lights its lanterns for thousands of visitors",
    "Universities publish how many students they will take",
    "Storm is expected to reach the coast by the weekend",
)


@dataclass(slots=True)
class MadePage:
    """A page and the truth about it."""

    name: str
    html: str
    url: str
    kinds: dict[str, list[str]] = field(default_factory=dict)
    """URLs by kind, in order."""


def story(number: int, section: str = "a") -> str:
    """Path of an invented story."""
    return f"/{section}/20260302/{100200 + number}.html"


def titles(chinese: bool, others: bool, count: int) -> list[str]:
    """Invented headlines on the page's topic, or on others."""
    pool = (ZH_OTHERS if others else ZH_TOPICS) if chinese else (EN_OTHERS if others else EN_TOPICS)
    return [pool[n % len(pool)] + (f"（{n}）" if chinese and n >= len(pool) else "") for n in range(count)]


def items(numbers: range, names: list[str], item: str) -> str:
    """List items from a pattern with {href} and {title}."""
    return "".join(item.format(href=story(n), title=t) for n, t in zip(numbers, names, strict=True))


def absolute(numbers: range) -> list[str]:
    """URLs of stories."""
    return [HOST + story(n) for n in numbers]


def plain(numbers: range, chinese: bool, others: bool) -> str:
    """List items with nothing but the headline, linked."""
    return items(numbers, titles(chinese, others, len(numbers)), "<li><a href={href}>{title}</a></li>")


def page(
    name: str, chinese: bool, before: str, after: str, side: str = "", inside: str = "", **kinds: list[str]
) -> MadePage:
    """A whole page: navigation, headline, body, what follows it, a side column and a footer."""
    text = CHINESE if chinese else ENGLISH
    title = "手机品牌就博主合作争议致歉" if chinese else "Phone maker apologises for deal with reviewer"
    words = "首页 国内 国际 财经 科技 体育 娱乐" if chinese else "Home World Business Science Sport Culture Travel"
    menu = "".join(f'<li><a href="/{n}/">{word}</a></li>' for n, word in enumerate(words.split()))
    foot = "关于我们 联系我们 版权声明 网站地图" if chinese else "About Contact Privacy Sitemap"
    links = "".join(f'<a href="/about/{n}.html">{word}</a> ' for n, word in enumerate(foot.split()))
    body = f"<p>{text}</p>\n{inside}<p>{text}</p>\n<p>{text}</p>"
    return MadePage(
        name,
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body>'
        f'<div class="header"><ul class="nav">{menu}</ul></div>{before}'
        f'<div class="wrap"><div class="main"><h1>{title}</h1><div class="info">2026-03-02 08:34</div>'
        f'<div class="content" id="text">{body}</div>{after}</div><div class="sidebar">{side}</div></div>'
        f'<div class="footer">{links}</div></body></html>',
        HOST + story(0),
        kinds,
    )


def portal() -> MadePage:
    """A Chinese portal: list under a heading that is no heading element, hot list in the side column."""
    r, hot = range(1, 7), range(20, 26)
    ranked = items(hot, titles(True, True, 6), "<li><em>1</em><a href={href}>{title}</a></li>")
    ours = items(r, titles(True, False, 6), "<li><a href={href} target=_blank>{title}</a></li>")
    return page(
        "portal",
        True,
        "",
        '<div class="mod xgyd"><div class="hd"><span class="tit">相关阅读</span>'
        f'<a href="/more/" class="more">更多&gt;&gt;</a></div><ul class="list">{ours}</ul></div>',
        f'<div class="mod"><div class="hd"><h3>热门排行</h3></div><ol class="rank">{ranked}</ol></div>',
        related=absolute(r),
        popular=absolute(hot),
    )


def tables() -> MadePage:
    """A page of twenty years ago: tables, bullets, a bold heading and nothing named."""
    r = range(1, 6)
    rows = items(r, titles(True, False, 5), "·<a href={href} class=a2>{title}</a> (03/01 10:22)<br>")
    table = f'<table width="100%"><tr><td><b>相关报道：</b></td></tr><tr><td>{rows}</td></tr></table>'
    return page("tables", True, "", table, related=absolute(r))


def cards() -> MadePage:
    """Cards with image, headline and summary, each linked apart; a read-also line in the body."""
    r, new = range(1, 5), range(30, 34)
    card = (
        '<article class="card"><a class="thumb" href="{href}"><img src="/p.jpg" alt="picture of it"></a>'
        '<h4 class="card-title"><a href="{href}">{title}</a></h4>'
        '<p class="summary">A few more words about it all.</p><time>2 Mar</time></article>'
    )
    ours, theirs = items(r, titles(False, False, 4), card), items(new, titles(False, True, 4), card)
    return page(
        "cards",
        False,
        "",
        f'<section class="related-posts"><h2>Related articles</h2><div class="grid">{ours}</div></section>'
        f'<section class="latest"><h2>Latest news</h2><div class="grid">{theirs}</div></section>',
        inside=f'<p><strong>Read also:</strong> <a href="{story(9)}">{EN_TOPICS[4]}</a></p>\n',
        related=[HOST + story(9), *absolute(r)],
        latest=absolute(new),
    )


def definition_list() -> MadePage:
    """A Taiwanese daily: definition lists, related and hot ones alike but for their headings."""
    r, hot = range(1, 8), range(20, 26)
    item = '<dt class="more"><a href="{href}">{title}</a><span class="date">2026-03-01</span></dt>'
    ours, theirs = items(r, titles(True, False, 7), item), items(hot, titles(True, True, 6), item)
    area = '<div class="area"><div class="bar"><h2>{}</h2></div><dl class="listing">{}</dl></div>'
    return page(
        "definition-list",
        True,
        "",
        area.format("相關新聞", ours) + area.format("熱門文章", theirs),
        related=absolute(r),
        popular=absolute(hot),
    )


def aggregator() -> MadePage:
    """An aggregator: related and random titles in two bare lists."""
    r, by_chance = range(1, 11), range(40, 50)
    return page(
        "aggregator",
        True,
        "",
        f"<h3>相关内容</h3><ul>{plain(r, True, False)}</ul><h3>随便看看</h3><ul>{plain(by_chance, True, True)}</ul>",
        related=absolute(r),
        random=absolute(by_chance),
    )


def sponsored() -> MadePage:
    """Related stories above, a widget of paid links below."""
    r, paid = range(1, 5), range(60, 64)
    item = '<div class="item"><a rel="nofollow sponsored" href="{href}">{title}</a></div>'
    return page(
        "sponsored",
        False,
        "",
        f'<div class="story-related"><h3>More on this story</h3><ul>{plain(r, False, False)}</ul></div>'
        '<div class="trc_related_container OUTBRAIN"><span>Sponsored links</span>'
        f"{items(paid, titles(False, True, 4), item)}</div>",
        related=absolute(r),
        sponsored=absolute(paid),
    )


MADE: tuple[Callable[[], MadePage], ...] = (portal, tables, cards, definition_list, aggregator, sponsored)
