# ruff: noqa: E501  # tables of what pages hold
# fmt: off
"""Further hostile parts of pages: floods of one thing, each sized from a few to all that a page may hold.

Each function of `KINDS` makes the markup of one part; those of `SPLICES` make one page of several. `hostile_pages.py`
uses both.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

SIZES = (3_000, 30_000, 300_000, 1_000_000, 3_000_000, 6_000_000)  # bytes of a part, about
SENTENCE = "Some sentence of a story that goes on for a while, and then it ends. "
HEADINGS = (
    "Related", "Related stories", "Read more", "More on this", "相关阅读", "相关新闻", "延伸閱讀", "関連記事", "Lesen Sie auch", "Top stories",
    "Popular", "Latest", "Tags", "Comments", "Sponsored", "x", "",
)
BOXES = (
    "table", "table><tr><td", "table><tbody><tr><td><table><tr><th", "form", "svg", "svg><g", "svg><foreignobject><div", "template", "details><summary", "details",
    "select", "select><option", "ruby><rt", "ruby><rb><rtc", "math", "math><mi", "object", "frameset", "button", "noscript", "label", "ul><li", "ol><li><p", "dl><dd", "blockquote",
    "blockquote><p", "section><h2", "article", "article><header><h1", "figure><figcaption", "iframe", "picture", "video", "audio", "canvas", "map", "fieldset><legend",
    "center", "font", "b><i", "a><b", "span", "p><span", "main", "aside", "nav><ul><li><a href=/n/1", "x-card", "div class=related><ul><li><a href=/n/20260302/77.html", "div hidden",
    "div class=comment", "div class=author", "div itemprop=articleBody", "time", "em><strong", "h1", "h2><a href=/n/2", "td", "li", "dd", "option", "textarea", "style", "script", "title",
)
UNITS = (
    "漢字", "テキスト", "ก็", "ก่", "एक", "क्‍ष", "\u202eabc\u202c", "\u2067\u2066\u2069", "👩\u200d👩\u200d👧\u200d", "\u200d", "\u200d\u200c", "🏽", "🇩🇪", "\ufe0f", "\u20e3",
    "\u1100", "\u1161", "\u11a8", "\u1100\u1161\u11a8", "가", "각\u11a8", "\u0344", "\u0f71\u0f72\u0f80", "\u0301\u0327\u0323", "\u3099", "か\u3099", "\u0345\u0301", "ﷺ", "㌖", "ﬃ", "İ", "ẞ", "ŉ", "ǰ",
    "\U0001d15e", "\U0001d160", "\u2adc", "\ufb1d", "\u09c7\u09be", "\u0dd9\u0dcf\u0dca", "①", "㊙", "½", "²", "Ⅷ", "０", "٣", "۳", "०", "一", "〇", "廿", "\ue000", "\u3164", "\u115f", "\u2800", "\u180e", "\u00ad", "\u034f",
    "\U000e0041", "\U000e0001", "\U0001f3f4\U000e0067\U000e007f", "\u0600", "\u06dd", "\u2028", "\u2029", "\x85", "\x0c", "\u1680", "a\u0332", "Z̸̡̢", "\ufffc", "\ufff9a\ufffab\ufffb", "\u061c", "ſ", "K", "Å",
)
WORDS = (
    "word ", "Word, ", "WORD", "don't ", "it's\u2019s ", "a-b-c ", "a.b.c ", "a/b/c ", "a_b ", "a@b ", "1,234.5 ", "12:30 ", "2026-03-02 ", "02.03.2026, ", "3/2/26 ", "March 3, 2026 ", "3. März 2026 ",
    "2026年3月2日 ", "令和8年3月2日 ", "3月2日 12时30分 ", "ngày 2 tháng 3 ", "il y a 3 heures ", "3 hours ago ", "3小时前 ", "昨天 ", "yesterday ", "Mon, ", "GMT+8 ", "UTC ", "1772438400 ", "20260302 ",
    "By Jane Roe ", "By Jane Roe and John Doe, ", "Jane Roe / ", "Text: Jane Roe ", "(Reuters) - ", "（记者 张三）", "责任编辑：李四 ", "作者：王五 来源：新华社 ", "文/图 ", "取材＝", "#tag ", "#话题# ", "#a#b#c ", "@name ", "# ",
    "http://a.example/n/1.html ", "www.a.example ", "(( ", ")) ", "[1] ", "【】", "「」", "“”", "\"\" ", "... ", "…… ", "— ", "|| ", ">> ", "•", "·", "！！", "？ ", "。", ". ", "; ", "， ",
    "Read also: ", "相关阅读：", "See also ", "点击查看 ", "Follow us on ", "扫码关注 ", "Copyright © ", "版权所有 ", "Share ", "Advertisement ", "原标题：", "编辑 ", "Photo: ", "图：", "Updated ",
)
WRAPS = (
    "p", "div", "pre", "h1", "h2", "li", "td", "title", "script", "style", "textarea", "span class=byline", "span class=date", "div class=source", "a href=/n/20260302/9.html", "time", "noscript", "figcaption",
    "blockquote", "button", "option", "xmp", "plaintext", "cite", "address", "strong", "div class=tags", "div class=author-bio", "address class=author", "p class=date itemprop=datePublished", "svg><text",
)


def size(rng: random.Random, unit: int) -> int:
    """Draw how often a unit of so many bytes stands in a part."""
    return max(1, int(rng.choice(SIZES) * rng.uniform(0.3, 1)) // max(1, unit))


def unit_of(rng: random.Random) -> str:
    """Make a few characters or words that are repeated."""
    return "".join(rng.choice(rng.choice((UNITS, WORDS))) for _ in range(rng.choice((1, 1, 2, 3, 6))))


def run_of(rng: random.Random, most: int = 6_000_000) -> str:
    """Make one text without end."""
    unit = unit_of(rng)
    return (unit * size(rng, len(unit.encode("utf-8", "replace"))))[:most]


def wrapped(rng: random.Random, text: str) -> str:
    """Put an element around a text."""
    tag = rng.choice(WRAPS)
    return f"<{tag}>{text}</{re.split(r'[ >]', tag)[0]}>"


def _one_line(rng: random.Random) -> str:
    return wrapped(rng, run_of(rng))


def _many_lines(rng: random.Random) -> str:
    tag, text = rng.choice(WRAPS), unit_of(rng) * rng.choice((1, 1, 3, 10, 40))
    end = f"</{re.split(r'[ >]', tag)[0]}>" if rng.random() < 0.8 else ""
    return "".join(f"<{tag}>{text}{n}{end}" for n in range(size(rng, len(tag + text.encode().decode("latin-1")) + 12)))


def _broken_line(rng: random.Random) -> str:
    unit = unit_of(rng)
    breaker = rng.choice(("<br>", "<br><br>", "\n", "<wbr>", "<p>", "<hr>", "<img src=/a.jpg>", "</p><p>", "<b>x</b>", "<!-- x -->", "<a href=/n/1>x</a>", "<sup>1</sup>"))
    return wrapped(rng, (unit * rng.choice((1, 2, 10)) + breaker) * size(rng, len(unit.encode()) * 4 + len(breaker)))


def _nested_boxes(rng: random.Random) -> str:
    """Nest boxes, with a text or a list at each level, before or after the inner one."""
    box = "".join(f"<{rng.choice(BOXES)}>" for _ in range(rng.choice((1, 1, 2, 3))))
    names = re.findall(r"<([\w-]+)", box)
    inner = rng.choice(("", "x", SENTENCE, "<li>x", "<p>x</p>", "<a href=/n/20260302/{n}.html>A headline that is long</a>", "<br>", "2026-03-02 ", "<b>By Jane Roe</b>"))
    tail = rng.choice(("", "", "x", SENTENCE, "<p>y</p>", "<a href=/m/{n}>Another headline of it</a>"))
    count = min(size(rng, len(box + inner + tail) + 8), rng.choice((50, 500, 2_000, 200_000)))
    closing = "".join(f"</{name}>" for name in reversed(names)) if rng.random() < 0.7 else ""
    text = "".join(box + inner.replace("{n}", str(n)) for n in range(count))
    text += "".join(tail.replace("{n}", str(n)) + closing for n in range(count)) if closing else ""
    return text * rng.choice((1, 1, 1, 5, 50) if len(text) < 100_000 else (1,))


def _combs(rng: random.Random) -> str:
    """Put many small things at the bottom of a deep tree."""
    box = f"<{rng.choice(BOXES)}>"
    leaf = rng.choice(("<br>", "<a></a>", "<a href=/n/{n}>x</a>", "<img src=/{n}.jpg alt='A picture'>", "<p>x</p>", "<i></i>", "<time>2026</time>", "<h2>Related</h2>", "<li>", "<b>x</b> ", "<!--x-->", "<a class=tag>x</a>", "<script>1</script>", "<span class=author>A B</span>"))
    return box * rng.choice((10, 100, 600, 1_500, 3_000)) + "".join(leaf.replace("{n}", str(n)) for n in range(size(rng, len(leaf) + 2)))


def _lists(rng: random.Random) -> str:
    """Make lists like those of related stories, under headings of their own."""
    heading, box = rng.choice(HEADINGS), rng.choice(("div", "section", "aside", "div class=related-posts", "div class='swiper-slide card'", "ul", "nav", "tr><td"))
    links, text = rng.choice((1, 3, 5, 30)), rng.choice(("A headline that is long enough", "短标题新闻一则消息", "x", "", unit_of(rng)))
    style = rng.choice(("<li><a href='{}'>{}</a>", "<div><a href='{}'><img src=/a.jpg></a><h3><a href='{}'>{}</a></h3><time>2026-03-02</time></div>", "<p><a href='{}'>{}</a></p>", "<li data-href='{}' onclick=\"location.href='{}'\">{}", "<a href='{}'>{}</a><br>", "<h3><a href='{}'>{}</a></h3><p>Teaser of it.</p>"))
    address = rng.choice(("/n/20260302/{}.html", "/n/{}", "?id={}", "/same", "/a/b/c/../../{}", "http://h{}.example/n/1.html", "#{}", "/x?a={}&utm_source=b&sid=0123456789abcdef0123456789abcdef"))
    out, total, n = [], 0, 0
    bound = size(rng, 1)
    while total < bound:
        inner = "".join(style.replace("{}", address.replace("{}", str(n + k)), style.count("{}") - 1).replace("{}", f"{text} {n + k}") for k in range(links))
        n += links
        tag = rng.choice(("h2", "h3", "h4", "strong", "div class=title"))
        out.append(f"<{box}><{tag}>{heading}</{tag.split()[0]}>{inner}</{re.split(r'[ >]', box)[0]}>")
        total += len(out[-1])
    return "".join(out)


def _attributes(rng: random.Random) -> str:
    name = rng.choice(("class", "id", "style", "href", "data-href", "src", "srcset", "alt", "title", "itemprop", "datetime", "aria-label", "onclick", "rel", "content", "data-json", "x", "xmlns:a", "data-module"))
    value = rng.choice((" ".join(f"name-{n}" for n in range(rng.choice((10, 100, 5_000, 50_000)))), "related-" * rng.choice((10, 10_000)), "data:image/png;base64," + "QUJD" * rng.choice((100, 100_000, 400_000)), run_of(rng, 300_000).replace("'", ""), "a:b;" * rng.choice((10, 50_000)), "display:none;" * 20, "../" * rng.choice((10, 600)) + "x", "&amp;" * 5_000, "{" * 5_000, "[" + '{"url":"/n/1.html","title":"A headline of it"},' * rng.choice((3, 3_000)) + "0]"))
    tag, inner = rng.choice(("p", "div", "a href=/n/1", "img", "li", "span", "meta name=author", "link rel=canonical", "time", "h2", "section", "body", "html", "td colspan=1000000000 rowspan=1000000000")), rng.choice(("", "x", SENTENCE))
    unit = f"<{tag} {name}{{n}}='{value}'>{inner}" if rng.random() < 0.3 else f"<{tag} {name}='{value}'>{inner}"
    return "".join(unit.replace("{n}", str(n)) for n in range(min(100_000, size(rng, len(unit)))))


def _entities(rng: random.Random) -> str:
    unit = "".join(rng.choice(("&amp;", "&amp;amp;", "&lt;p&gt;", "&ngE;", "&foo;", "&", "&#", "&#x", "&#55357;&#56832;", "&#xD83D;", "&#x1F469;&#x200D;", "&#4352;&#4449;", "&#x301;", "&nbsp;", "&ensp;", "&zwj;", "&rlm;", "&#128;", "&#0;", "&#99999999999;", "&lt;script&gt;", "&quot;", "&hearts", "&amp;#x301;", "&CounterClockwiseContourIntegral;")) for _ in range(rng.choice((1, 2, 4))))
    return wrapped(rng, unit * size(rng, len(unit)))


def _comments(rng: random.Random) -> str:
    unit = rng.choice(("<!-- x -->", "<!--", "<!-->", "-->", "<!--<!--", "<![CDATA[", "<![CDATA[ x ]]>", "]]>", "<!--[if IE]><p>x</p><![endif]-->", "<?php x ?>", "<?", "<!", "<!x>", "</", "</ x>", "<!-- <a href=/n/1>A headline of it</a> -->", "<script><!--", "<% x %>", "<!--" + "-" * 1_000, "<!doctype html>", "<body>", "<html lang=en>", "</body></html>", "<head>", "<", "< ", "<>", "<a", "<a b='", '<a b="', "<p/", "<p/>", "</p>", "</div>"))
    return unit * size(rng, len(unit))


def _script(rng: random.Random) -> str:
    """Make the data that pages carry for their scripts: deep, wide, or with texts in it."""
    story = {"title": "Headline of it", "url": "/n/20260302/5.html", "publishTime": "2026-03-02 08:00", "author": "Jane Roe", "content": f"<p>{SENTENCE}</p>"}
    node = json.dumps(rng.choice((story, {"a": 1}, {"related": [story] * 3}, {"@type": "NewsArticle", "headline": "Headline of it", "author": {"@type": "Person", "name": "Jane Roe"}}, [1, 2], {"k": unit_of(rng)}, {"name": "x", "children": [{}]})))
    count = size(rng, len(node))
    deep = rng.choice((10, 500, 5_000, 100_000))
    text = rng.choice((
        lambda: "[" + ",".join([node] * count) + "]",
        lambda: '{"@graph":[' + ",".join([node] * count) + "]}",
        lambda: "{" + ",".join(f'"k{n}":{node}' for n in range(count)) + "}",
        lambda: '{"a":' * deep + node + "}" * deep,
        lambda: "[" * deep + node + "]" * deep,
        lambda: '{"a":[' * deep + node,
        lambda: "[" + ",".join(f'{{"@id":"#{n}","@type":"NewsArticle","author":{{"@id":"#{n + 1}"}},"isPartOf":{{"@id":"#{n - 1}"}}}}' for n in range(min(count, 60_000))) + "]",
        lambda: json.dumps(json.dumps({"state": [story] * min(count, 5_000)})),
        lambda: '{"@type":"NewsArticle","headline":"Headline of it","articleBody":' + json.dumps(run_of(rng)) + "}",
        lambda: '{"@type":"NewsArticle","author":[' + ",".join(f'{{"name":"Jane Roe{n}"}}' for n in range(min(count, 100_000))) + "]}",
        lambda: '{"@type":"NewsArticle","keywords":[' + ",".join(f'"key {n}"' for n in range(min(count, 100_000))) + '],"headline":"Headline of it"}',
        lambda: '{"x":"' + "\\" * size(rng, 1),
        lambda: '{"x":"' + '\\"' * size(rng, 2) + '"}',
        lambda: "".join(f"var a{n}={node};\n" for n in range(min(count, 60_000))),
        lambda: "".join(f"self.__next_f.push([1,{json.dumps(node)}]);" for _ in range(min(count, 60_000))),
        lambda: "a(" * deep + node, lambda: "/" * size(rng, 1), lambda: "'" * size(rng, 1), lambda: "`${" * size(rng, 3), lambda: "/*" * size(rng, 2), lambda: "x=y?" * size(rng, 4), lambda: "{}" * size(rng, 2), lambda: "{" * size(rng, 1),
    ))()
    opening = rng.choice(("<script type='application/ld+json'>", "<script type='application/ld+json'>", "<script id=__NEXT_DATA__ type='application/json'>", "<script>window.__INITIAL_STATE__=", "<script>window.__NUXT__=", "<script>var related=", "<script>", "<script>JSON.parse(", "<script type=text/template>"))
    return opening + text + rng.choice(("</script>", ";</script>", ")</script>", ""))


def _heads(rng: random.Random) -> str:
    """Make many elements of the head, alike or numbered."""
    unit = rng.choice((
        "<meta property=article:tag content='key {n}'>", "<meta name=author content='Jane Roe{n}'>", "<meta property=og:title content='Headline {n}'>", "<link rel=alternate hreflang=en href='/n/{n}'>", "<link rel=canonical href='/n/{n}'>",
        "<meta property=article:published_time content='2026-03-02T08:00:0{n}'>", "<meta http-equiv=refresh content='0;url=/n/{n}'>", "<meta name='n{n}' content=x>", "<meta charset=gbk{n}>", "<base href='/b/{n}'>", "<title>Headline of it {n}</title>", "<style>.a{n}{display:none}</style>", "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":\"x{n}\"}</script>",
        "<meta property=og:image content='data:image/png;base64,{n}'>", "<meta itemprop=datePublished content='March {n}, 2026'>", "<meta name=keywords content='a,b;c|d、e {n}'>", "<script src=/{n}.js></script>", "<meta name=robots content='noindex,{n}'>",
    ))
    return "".join(unit.replace("{n}", str(n)) for n in range(min(150_000, size(rng, len(unit)))))


def _parts_of_facts(rng: random.Random) -> str:
    """Make many elements that each might hold a date, an author, the headline or the text."""
    unit = rng.choice((
        "<time datetime='2026-03-0{d}T08:00:00Z'>3 March {n}</time>", "<time>{n} hours ago</time>", "<span class=date>2026-03-02 08:{n}</span>", "<span class='author byline'>By Jane Roe{n}</span>", "<a rel=author href=/a/{n}>Jane Roe{n}</a>", "<h1>Headline of it {n}</h1>", "<h2>Section {n}</h2>", "<h3>Related {n}</h3><p>x</p>", "<article><h1>Headline {n}</h1><p>Some sentence of it. </p></article>",
        "<div itemprop=articleBody><p>Some sentence of it {n}.</p></div>", "<div class='article-content'>x {n}</div>", "<p class=source>来源：新华社{n}</p>", "<p>（责任编辑：张三{n}）</p>", "<p>记者 张三{n} 报道</p>", "<figure><img src=/{n}.jpg><figcaption>Photo: A B</figcaption></figure>", "<blockquote><p>x {n}</p></blockquote>", "<p>Read more: <a href=/n/{n}>Another headline {n}</a></p>", "<p>#tag{n} #other{n}</p>", "<p>—— {n}</p>", "<li><b>{n}</b> text",
        "<tr><td>{n}</td><td>text of a cell</td></tr>", "<div itemscope itemtype='http://schema.org/NewsArticle'><meta itemprop=datePublished content='2026-03-0{d}'><span itemprop=name>x{n}</span></div>", "<div class=comment id=c{n}><p>Comment text of it {n}</p></div>", "<p>{n}</p>", "<div>{n}</div>", "<div><div><p>text {n}</p></div></div>", "<p><a href=/n/{n}>{n}</a></p>", "<p>原标题：{n}</p>", "<p>UPDATE {n}: text</p>", "<iframe src=/e/{n}></iframe>", "<option value={n}>text {n}</option>", "<div aria-label='Related stories'><a href=/n/{n}>A headline of it</a></div>",
    ))
    return rng.choice(("", "<table>", "<div class=article>", "<ul>", "<select>")) + "".join(unit.replace("{n}", str(n)).replace("{d}", str(n % 9 + 1)) for n in range(size(rng, len(unit.encode()) + 3)))


def _mixed_encodings(rng: random.Random) -> str:
    """Make texts in several encodings; bytes that are no UTF-8 travel as lone surrogates, for `surrogateescape`."""
    texts = ("記事の本文です。", "新华社北京三月二日电 声明说", "Ça déjà été naïve, élève à Noël.", "новости и статьи", "한국어 기사 본문", "บทความข่าว")
    codecs = ("gb18030", "utf-8", "cp1252", "cp1251", "cp932", "euc_jp", "big5hkscs", "cp949", "utf-16-le", "cp874")
    pieces = [rng.choice(texts).encode(rng.choice(codecs), "replace").decode("utf-8", "surrogateescape") for _ in range(rng.choice((2, 20, 500)))]
    pieces += [bytes(rng.randrange(256) for _ in range(30)).decode("utf-8", "surrogateescape") for _ in range(rng.choice((0, 1, 20)))]
    between = rng.choice(("", "<p>", "\n", "<br>", "</p><p>"))
    text = between.join(pieces)
    return wrapped(rng, text * size(rng, 2 * len(text)))


KINDS: tuple[Callable[[random.Random], str], ...] = (
    _one_line, _one_line, _many_lines, _many_lines, _broken_line, _nested_boxes, _nested_boxes, _nested_boxes, _combs, _combs, _lists, _lists, _attributes, _attributes, _entities,
    _comments, _script, _script, _script, _heads, _parts_of_facts, _parts_of_facts, _parts_of_facts, _mixed_encodings,
)


def _spans(body: bytes, rng: random.Random) -> list[tuple[int, int]]:
    """Find elements of one name, from its start tag to an end tag of that name; they may overlap."""
    tag = rng.choice((b"div", b"p", b"li", b"a", b"ul", b"section", b"script", b"h2", b"span", b"table", b"article"))
    return [match.span() for match in re.finditer(rb"<" + tag + rb"\b.{0,20000}?</" + tag + rb">", body, re.DOTALL)]


def duplicate(rng: random.Random, body: bytes, _other: bytes) -> bytes:
    """Repeat one of the page's elements."""
    spans = _spans(body, rng) or [(0, min(len(body), 500))]
    start, end = rng.choice(spans)
    return body[:end] + body[start:end] * size(rng, end - start) + body[end:]


def shuffle(rng: random.Random, body: bytes, _other: bytes) -> bytes:
    """Put the page's tags and texts into any order."""
    pieces = re.split(rb"(?=<)", body)
    rng.shuffle(pieces)
    return b"".join(pieces)


def splice(rng: random.Random, body: bytes, other: bytes) -> bytes:
    """Put pieces of another page into this one."""
    for _ in range(rng.choice((1, 5, 50))):
        at, start = rng.randrange(len(body) + 1), rng.randrange(len(other) + 1)
        body = body[:at] + other[start : start + rng.randrange(1, 20_000)] + body[at:]
    return body


def nest(rng: random.Random, body: bytes, _other: bytes) -> bytes:
    """Put one of the page's elements into itself, a thousand times: its start tags, then what it holds."""
    spans = _spans(body, rng)
    if not spans:
        return body * 2
    start, end = rng.choice(spans)
    element = body[start:end]
    opening = element[: element.find(b">") + 1]
    cut = rng.randrange(len(opening), len(element) + 1)
    unit = rng.choice((opening, element[:cut], opening + opening))
    return body[:start] + unit * rng.choice((100, 1_000, 5_000)) + element + body[end:]


def doubled(rng: random.Random, body: bytes, other: bytes) -> bytes:
    """Put whole pages behind each other."""
    return (body + other) * rng.choice((1, 3, 20))


SPLICES: tuple[Callable[[random.Random, bytes, bytes], bytes], ...] = (
    duplicate, duplicate, shuffle, splice, nest, nest, doubled,
)
