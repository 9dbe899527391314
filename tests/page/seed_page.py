"""Pages such as the aggregator c.klqsh.com serves, made from their text; the markup is ours, twice and unalike.

The text has the lines of the page in order: title, 发布时间, a tip with hashtags, the body, 举报/反馈, 网址,
相关内容 with its titles, 随便看看 with its own. `paragraphs` marks everything up, `breaks` hardly anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

URL = "https://c.klqsh.com/news/view/346695"
TEXT = Path(__file__).with_name("klqsh-346695.txt")


@dataclass(frozen=True)
class SeedText:
    """The lines of the page."""

    title: str
    date: str
    tip: str
    body: tuple[str, ...]
    url_line: str
    related: tuple[tuple[str, str], ...]
    """(href, title) in order."""
    random: tuple[tuple[str, str], ...]

    @property
    def related_urls(self) -> list[str]:
        """Absolute URLs of the related links, in order."""
        return [f"https://c.klqsh.com{href}" for href, _ in self.related]


def read_text(path: Path = TEXT) -> SeedText:
    """Read the text of such a page; addresses, which a text does not show, are numbered."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    end, url_at = lines.index("举报/反馈"), next(n for n, line in enumerate(lines) if line.startswith("网址"))
    related_at, random_at = lines.index("相关内容"), lines.index("随便看看")
    return SeedText(
        title=lines[0],
        date=lines[1],
        tip=lines[2],
        body=tuple(lines[3:end]),
        url_line=lines[url_at],
        related=tuple((f"/news/view/{346_100 + 17 * n}", t) for n, t in enumerate(lines[related_at + 1 : random_at])),
        random=tuple((f"/news/view/{290_004 + 911 * n}", t) for n, t in enumerate(lines[random_at + 1 :])),
    )


def paragraphs(seed: SeedText) -> str:
    """With an element for each thing and classes that say what it is."""
    items = "".join(f'<li><a href="{href}" target="_blank">{escape(t)}</a></li>' for href, t in seed.related)
    others = "".join(f'<li><a href="{href}" target="_blank">{escape(t)}</a></li>' for href, t in seed.random)
    body = "".join(f"<p>{escape(line)}</p>\n" for line in seed.body)
    address = escape(seed.url_line.rpartition(" ")[0].partition(":")[2])
    return f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{escape(seed.title)}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="stylesheet" href="/css/news.css"></head>
<body>
<div class="header"><a class="logo" href="/">首页</a><ul class="nav"><li><a href="/news">资讯</a></li>
<li><a href="/life">生活</a></li><li><a href="/tools">工具</a></li><li><a href="/about">关于</a></li></ul></div>
<div class="container"><div class="news-view">
<h1>{escape(seed.title)}</h1>
<div class="news-info"><span>{escape(seed.date)}</span></div>
<div class="news-tip">{escape(seed.tip)}</div>
<div class="news-content">
{body}<p>举报/反馈</p>
</div>
<div class="news-url">网址:<a href="{URL}">{address}</a> {URL}</div>
</div>
<div class="news-related"><h3>相关内容</h3><ul>{items}</ul></div>
<div class="news-random"><h3>随便看看</h3><ul>{others}</ul></div>
</div>
<div class="footer"><a href="/contact">联系我们</a> <a href="/sitemap.xml">网站地图</a><p>本站内容来自网络</p></div>
</body></html>"""


def breaks(seed: SeedText) -> str:
    """An old page: line breaks for paragraphs, bold type for the headings of the lists, the tip in the body."""
    items = "".join(f'<a href="{href}">{escape(t)}</a><br>\n' for href, t in seed.related)
    others = "".join(f'<a href="{href}">{escape(t)}</a><br>\n' for href, t in seed.random)
    body = "".join(f"{escape(line)}<br><br>\n" for line in seed.body)
    return f"""<html><head><meta http-equiv="Content-Type" content="text/html; charset=gb2312">
<title>{escape(seed.title)}</title></head>
<body>
<div><a href="/">首页</a> | <a href="/news">资讯</a> | <a href="/life">生活</a></div>
<h2>{escape(seed.title)}</h2>
<div>{escape(seed.date)}</div>
<div id="content">
{escape(seed.tip)}<br><br>
{body}举报/反馈
</div>
<div>{escape(seed.url_line)}</div>
<div><b>相关内容</b></div>
<div>
{items}</div>
<div><b>随便看看</b></div>
<div>
{others}</div>
<div><a href="/contact">联系我们</a></div>
</body></html>"""
