# ruff: noqa: E501  # tables of what pages hold
"""Pages made to hurt: mutations of real pages, and pages put together of hostile parts. Used by `fuzz_pages.py`."""

from __future__ import annotations

import json
import re
from encodings.aliases import aliases
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.hostile_kinds import KINDS, SPLICES

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

MAX_BYTES = 12_500_000  # a little more than is read
STORY = "Some sentence of a story that goes on for a while, and then it ends. " * 12
CODECS = sorted(
    {*aliases, *aliases.values(), "idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs",
     "oem", "palmos", "utf-8-sig", "utf8mb4", "gb2312", "x-gbk", "none", "", "utf-8; x", "\x00", "a" * 5_000, "é"}
)  # fmt: skip
BAITS = (
    "a", "的", " ", "\n", "\t", "\u3000", "\u00a0", "(", "[", "（", "《", "\"", "'", "-", "—", "_", "|", "｜", "/", "\\", ".", "。",
    ",", "，", "、", ":", "：", ";", "#", "#a#", "#话题 ", "@a ", "&", "&amp;", "&lt;", "<", ">", "%", "%20", "%zz", "=", "?", "!", "*",
    "1", "9", "0", "1 ", "1/", "1-", "1:", "12:", "2026", "2026-", "2026-03-02 ", "3 March 2026 ", "2026年", "3月2日", "昨天", "1小时前", "ago ",
    "minutes ago ", "Jan ", "by ", "By Jane ", "A ", "A. ", "Jane Roe, ", "Jane Roe and ", "作者：", "来源：", "记者", "本报记者 张三 ", "編輯/", "责任编辑",
    "相关阅读", "Related ", "read more ", "also ", "by by ", "a-b_", "aB", "A1", "-related-", "comment ", "http://", "https://a.example/ ",
    "www.", "a@b.c ", "\u0301", "\u0300\u0327", "e\u0301", "\u0e33", "\u0e31\u0e49", "\u1161", "\uac00\u11a8", "\u0650\u064b", "\u05b0\u05c1",
    "\u200b", "\u200d", "\u200c", "\u202e", "\ufeff", "\ufe0f", "\U0001f469\u200d", "\U0001f1e6", "\ufdfa", "\u0130", "ß", "ﬁ", "①", "\ud7ff", "\ue000",
    "\ufffd", "\ufffe", "\U0010ffff", "\x01", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\u2028", "&#xD83D;", "&#0;", "&#x110000;", "&#x301;",
    "&#769;", "&NotEqualTilde;", "&nbsp;", "\\ud83d", "\\u0301", "\\u0000", "{{", "${", "]]>", "<!--", "-->", "<![CDATA[", "<?", "<%", "</p>",
    "</body>", "</html>", "<br>", "<p>", "<td>", "<li>", "<a>", "<b>", "<i><p>", "<svg>", "<math>", "<table>", "<form>", "<select>",
)  # fmt: skip
TAGS = (
    "a", "abbr", "address", "article", "aside", "b", "blockquote", "body", "button", "center", "dd", "div", "dl", "dt", "em", "figcaption", "figure",
    "font", "footer", "form", "h1", "h2", "h3", "h6", "head", "header", "html", "i", "iframe", "label", "li", "main", "nav", "noscript", "object",
    "ol", "option", "p", "pre", "q", "section", "select", "small", "span", "strong", "sub", "table", "tbody", "td", "template", "textarea", "th",
    "time", "title", "tr", "ul", "x-custom", "svg", "math", "frameset", "ruby", "rt",
)  # fmt: skip
ATTRIBUTES = (
    "", " class=related", " class='article-content'", " class='author byline'", " class=date", " id=content", " itemprop=articleBody",
    " itemprop='author name'", " itemprop=headline", " itemprop=datePublished", " href=/n/20260302/1234567.html", " href='?id=1234567'", " rel=author",
    " style='display:none'", " hidden", " aria-label='Related stories'", " datetime=2026-03-02T08:00:00Z", " pubdate",
)  # fmt: skip
ADDRESSES = (
    "http://[::1", "//", "http://", "?", "#", "", " ", "javascript:x", "mailto:a@b", "http:///x", "\\\\a", "%zz", "http://a b", "http://a.example:99999/1",
    "http://\u0301.example/1", "http://xn--a/1", "http://" + "a" * 300 + ".example/1", "http://a..b/1", "http://a.example/\ud83d", "http://[v1.x]/",
    "http://a.example/&#xD83D;", "//a.example\x00/1", "http://a\u2100b.example/", "data:,x", "http://１２７.0.0.1/1", "http://a.example/" + "a/" * 1_000,
    "http://a.example/?" + "a=1&" * 500, "http://user:pw@a.example/1", "HTTP://A.EXAMPLE/%E4%B8", "http://a.example/2026/03/02/\U0001f469.html",
)  # fmt: skip
JSON_VALUES = (
    "null", "true", "0", "-1", "1e999", "NaN", "Infinity", '""', '" "', '"\\ud83d"', '"\\udc00\\ud83d"', '"x\\ud83d y"', '"\\u0000"', '"2026-03-02"', '"9999-99-99"',
    '"0001-01-01T00:00:00+23:59"', '"9999-12-31T23:59:59-23:59"', "9" * 5_000, '"' + "9" * 5_000 + '"', "1772438400", "1772438400000000000000", "[]", "{}",
    '["a","b"]', '[{"name":"Jane Roe"}]', '{"@value":"x"}', '{"@id":"#a"}', '[[["x"]]]', '{"name":{"name":{"name":"x"}}}', '[null,0,{"name":null}]', '"&#xD83D;"', '"&amp;#xD83D;"',
)  # fmt: skip
JSON_KEYS = (
    "headline", "name", "datePublished", "dateModified", "author", "creator", "publisher", "articleBody", "keywords", "url", "mainEntityOfPage", "@id", "@type", "image",
)  # fmt: skip


class HostilePage(NamedTuple):
    """A page, as a server might send it."""

    body: bytes
    url: str
    headers: dict[str, str]
    how: str
    """What was done, in short."""


def make_page(rng: random.Random, corpus: Sequence[tuple[bytes, str]]) -> HostilePage:
    """Make one page: half of them mutations of corpus pages, where there are any."""
    how: list[str] = []
    if corpus and rng.random() < 0.5:
        body, url = rng.choice(corpus)
        how.append("corpus")
        for _ in range(rng.choice((1, 1, 2, 3, 6))):
            if rng.random() < 0.3:
                splice = rng.choice(SPLICES)
                how.append(splice.__name__)
                body = splice(rng, body, rng.choice(corpus)[0])
            else:
                mutation = rng.choice(_MUTATIONS)
                how.append(mutation.__name__.strip("_"))
                body = mutation(rng, body)
            body = body[:MAX_BYTES]
    else:
        url = rng.choice(
            ("https://news.example/2026/03/02/story-100200.html", "https://a.example/n/1.html", "http://a.example/")
        )
        body = _generated(rng, how)
    headers = {}
    if rng.random() < 0.2:
        charset = rng.choice(CODECS)
        headers["content-type"] = f"text/html; charset={charset}"
        how.append(f"charset={charset[:20]!r}")
    if rng.random() < 0.05:
        url = rng.choice(ADDRESSES[15:]) if rng.random() < 0.3 else url + "?" + "a=1&" * rng.randrange(300)
    return HostilePage(body[:MAX_BYTES], url, headers, " ".join(how))


def _many(rng: random.Random, most: float) -> int:
    """Draw a number from 1 to `most`, each order of magnitude as likely as the others."""
    return int(most ** rng.random()) or 1


def _bait(rng: random.Random) -> str:
    """Make a text of one or a few short pieces, repeated up to the length of a large page."""
    pieces = [rng.choice(BAITS) for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5)))]
    unit = "".join(pieces)
    length = _many(rng, rng.choice((300, 3_000, 30_000, 300_000, 3_000_000)))
    text = unit * max(1, length // len(unit))
    if rng.random() < 0.3:
        text = rng.choice(("a", "By ", "作者：", "2026-03-02 ", "<p>", "x" * 30)) + text
    if rng.random() < 0.3:
        text += rng.choice(("x", "。", "!", " end", "\n", "-", "2026", ")"))
    return text


def _generated(rng: random.Random, how: list[str]) -> bytes:
    parts = []
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        part = rng.choice(rng.choice((_PARTS, KINDS)))
        how.append(part.__name__.strip("_"))
        parts.append(part(rng))
    head = "".join(_head(rng) for _ in range(rng.choice((0, 1, 3))))
    story = f"<h1>Headline of it</h1><p>{STORY}</p>" if rng.random() < 0.7 else ""
    order = [story, *parts]
    rng.shuffle(order)
    text = f"<html lang=en><head><title>Headline of it</title>{head}</head><body>{''.join(order)}"
    if rng.random() < 0.7:
        text += "</body></html>"
    codec = rng.choice(("utf-8",) * 6 + ("gb18030", "utf-16", "cp1252", "big5hkscs", "cp932"))
    if codec == "utf-8" and rng.random() < 0.1:
        return text.encode(codec, "surrogatepass")
    return _encoded(text) if codec == "utf-8" else text.encode(codec, "replace")


def _encoded(text: str) -> bytes:
    """Encode a text in UTF-8; the bytes that travel in it as lone surrogates come out as they were."""
    return re.sub("[\ud800-\udc7f\udd00-\udfff]", "?", text).encode("utf-8", "surrogateescape")


def _head(rng: random.Random) -> str:
    text = _bait(rng)
    return rng.choice((
        f"<meta property=og:title content=\"{text}\">", f"<meta name=author content='{text}'>", f"<meta name=keywords content='{text}'>",
        f"<meta property=article:published_time content='{text}'>", f"<meta property=og:site_name content='{text}'>", f"<title>{text}</title>",
        f"<meta charset={rng.choice(CODECS)}>", f"<base href='{rng.choice(ADDRESSES)}'>", f"<link rel=canonical href='{rng.choice(ADDRESSES)}'>",
        f"<meta property=og:url content='{rng.choice(ADDRESSES)}'>", f"<meta name=description content='{text}'>", f"<meta name='{text}' content=x>",
    ))  # fmt: skip


def _text(rng: random.Random) -> str:
    where = rng.choice(
        (
            "p",
            "h1",
            "h2",
            "div",
            "td",
            "li",
            "span class=author",
            "div class=date",
            "time",
            "a href=/n/20260302/1.html",
            "pre",
            "script",
            "style",
            "div class=source",
        )
    )
    return f"<{where}>{_bait(rng)}</{where.split()[0]}>"


def _texts(rng: random.Random) -> str:
    """Make many elements with a short text each, alike or numbered."""
    tag, attribute = rng.choice(TAGS), rng.choice(ATTRIBUTES)
    text = rng.choice(
        (
            _bait(rng)[:200],
            "A headline that is long enough to be one",
            "x",
            "",
            STORY[:300],
            "2026-03-02 08:00",
            "By Jane Roe",
        )
    )
    count = _many(rng, min(200_000, 11_000_000 // (len(tag) + len(attribute) + len(text) + 10)))
    numbered = rng.random() < 0.6
    end = f"</{tag}>" if rng.random() < 0.8 else ""
    return "".join(f"<{tag}{attribute}>{text}{number if numbered else ''}{end}" for number in range(count))


def _nested(rng: random.Random) -> str:
    """Nest one to four elements in each other, many times."""
    unit = "".join(
        f"<{rng.choice(TAGS)}{rng.choice(ATTRIBUTES)}>" + rng.choice(("", "", "x", "A text of some words. "))
        for _ in range(rng.choice((1, 1, 2, 3, 4)))
    )
    return unit * _many(rng, min(250_000, 11_000_000 // len(unit))) + rng.choice(("", "x", STORY))


def _links(rng: random.Random) -> str:
    tag = rng.choice(("li", "div", "p", "td", "h3", "span"))
    heading = rng.choice(("<h2>Related</h2>", "<h3>相关新闻</h3>", "<div class=related>", ""))
    text = _bait(rng)[: rng.choice((50, 500, 5_000))]
    count = _many(rng, min(60_000, 11_000_000 // (len(text) + 60)))
    address = rng.choice(("/n/20260302/{}.html", "/n/{}", "?id={}", "/same", rng.choice(ADDRESSES) + "{}"))
    return heading + "".join(
        f"<{tag}><a href='{address.replace('{}', str(number))}'>{text} {number}</a></{tag}>" for number in range(count)
    )


def _attributes(rng: random.Random) -> str:
    """Make elements of many attributes, or of long ones."""
    tag = rng.choice(("p", "div", "a", "span", "li"))
    count = rng.choice((5, 26, 60, 120, 127, 128, 200, 1_000))
    names = " ".join(f"{rng.choice('abcdx')}{number}" for number in range(count))
    if rng.random() < 0.3:
        names = (
            f"{rng.choice(('class', 'id', 'style', 'href', 'itemprop', 'data-module', 'alt', 'rel'))}='{_bait(rng)}'"
        )
    unit = f"<{tag} {names}>" + rng.choice(("", "x", "x</p>"))
    return unit * _many(rng, min(100_000, 11_000_000 // len(unit)))


def _json(rng: random.Random) -> str:
    values = {}
    for key in rng.sample(JSON_KEYS, rng.randrange(1, 9)):
        values[key] = json.dumps(_bait(rng)[:100_000]) if rng.random() < 0.3 else rng.choice(JSON_VALUES)
    values.setdefault("@type", '"NewsArticle"')
    node = "{" + ",".join(f'"{key}":{value}' for key, value in values.items()) + "}"
    depth = _many(rng, 50_000) if rng.random() < 0.2 else 0
    opening, closing = rng.choice((("[", "]"), ('{"a":', "}")))
    copies = _many(rng, 20_000) if rng.random() < 0.2 else 1
    text = opening * depth + ",".join([node] * min(copies, 11_000_000 // len(node) or 1)) + closing * depth
    return f"<script type='application/ld+json'>{text}</script>"


def _paragraphs(rng: random.Random) -> str:
    words = rng.choice(("with a lot of text in it, ", "声明说市场部门没有按照流程审核，", "x "))
    length, count = rng.choice((2, 10, 40, 200)), _many(rng, 60_000)
    count = min(count, 11_000_000 // (length * len(words.encode()) + 30))
    return "".join(f"<p>Paragraph {number} {words * length}</p>" for number in range(count))


def _markup(rng: random.Random) -> str:
    """Make tags and texts in any order."""
    pieces = [
        f"<{rng.choice(('', '', '/'))}{rng.choice(TAGS)}{rng.choice(ATTRIBUTES)}>"
        if rng.random() < 0.7
        else rng.choice(BAITS)
        for _ in range(_many(rng, 300))
    ]
    return "".join(pieces) * _many(rng, 3_000_000 // max(1, len("".join(pieces))) + 1)


_PARTS: tuple[Callable[[random.Random], str], ...] = (
    _text, _text, _texts, _nested, _nested, _links, _attributes, _json, _json, _paragraphs, _markup,
)  # fmt: skip


def _at(rng: random.Random, body: bytes) -> int:
    return rng.randrange(len(body) + 1)


def _insert_text(rng: random.Random, body: bytes) -> bytes:
    at = _at(rng, body)
    return body[:at] + _bait(rng).encode("utf-8", "surrogatepass") + body[at:]


def _insert_part(rng: random.Random, body: bytes) -> bytes:
    tags = [match.start() for match in re.finditer(rb"<(?:p|div|li|h2)\b", body)]
    at = rng.choice(tags) if tags else 0
    return body[:at] + _encoded(rng.choice(rng.choice((_PARTS, KINDS)))(rng)) + body[at:]


def _insert_head(rng: random.Random, body: bytes) -> bytes:
    return re.sub(rb"<head[^>]*>", lambda match: match[0] + _head(rng).encode("utf-8", "surrogatepass"), body, count=1)


def _delete(rng: random.Random, body: bytes) -> bytes:
    at = _at(rng, body)
    return body[:at] + body[at + _many(rng, len(body) + 2) :]


def _truncate(rng: random.Random, body: bytes) -> bytes:
    return body[: _at(rng, body)]


def _repeat(rng: random.Random, body: bytes) -> bytes:
    at = _at(rng, body)
    piece = body[at : at + _many(rng, 20_000)] or b"<p>"
    return body[:at] + piece * _many(rng, min(20_000, 11_000_000 // len(piece) + 1)) + body[at:]


def _swap(rng: random.Random, body: bytes) -> bytes:
    a, b, c = sorted(_at(rng, body) for _ in range(3))
    return body[:a] + body[b:c] + body[a:b] + body[c:]


def _flip(rng: random.Random, body: bytes) -> bytes:
    out = bytearray(body or b"x")
    for _ in range(_many(rng, 5_000)):
        out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)


def _recode(rng: random.Random, body: bytes) -> bytes:
    codec = rng.choice(
        (
            "gb18030",
            "utf-16",
            "utf-16-le",
            "cp1252",
            "big5hkscs",
            "euc_jp",
            "cp949",
            "utf-7",
            "utf-32",
            "utf-8-sig",
            "iso2022_jp",
        )
    )
    return body.decode("utf-8", "replace").encode(codec, "replace")


def _redeclare(rng: random.Random, body: bytes) -> bytes:
    name = rng.choice(CODECS).encode("utf-8", "replace")
    return re.sub(rb"charset=[\"']?[\w-]+", lambda _: b"charset=" + name, body)


def _unclose(rng: random.Random, body: bytes) -> bytes:
    """Leave the end tags of some elements out, so that they nest."""
    tag = rng.choice((b"div", b"a", b"li", b"span", b"p", b"b", b"td", b"table", b"ul", b"script", b"[a-z0-9]+"))
    share = rng.choice((1.0, 0.5, 0.05))
    return re.sub(rb"</" + tag + rb"\s*>", lambda match: b"" if rng.random() < share else match[0], body)


def _retag(rng: random.Random, body: bytes) -> bytes:
    """Make other elements of some."""
    old, new = (rng.choice(TAGS).encode() for _ in range(2))
    return re.sub(rb"(</?)" + old + rb"\b", lambda match: match[1] + new, body)


def _surrogates(rng: random.Random, body: bytes) -> bytes:
    """Put lone surrogates into JSON strings, attributes and text."""
    piece = rng.choice((b"\\ud83d", b"&#xD83D;", b"&amp;#xD83D;", b"\xed\xa0\xbd", b"\\ude00", b"%ED%A0%BD"))
    quote = rng.choice((b'"', b"'", b">", b":"))
    return re.sub(
        re.escape(quote) + rb"(?=[\w])", lambda match: match[0] + (piece if rng.random() < 0.2 else b""), body
    )


_MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    _insert_text, _insert_text, _insert_part, _insert_part, _insert_head, _delete, _truncate, _repeat, _repeat, _swap, _flip, _recode, _redeclare,
    _unclose, _unclose, _retag, _retag, _surrogates,
)  # fmt: skip
