# ruff: noqa: E501  # tables of what pages hold
"""Pages made to hurt a reader: bounded processor time and memory, only text that UTF-8 holds, only PageError."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from encodings.aliases import aliases
from pathlib import Path
from typing import Any

import pytest

from kolcrawl.errors import PageError
from kolcrawl.page import Page, read_page
from kolcrawl.page.body.body_text import LONGEST_STORY, MAX_PARAGRAPHS, within_bounds
from kolcrawl.page.bounds import MAX_ALL_ATTRIBUTES
from kolcrawl.page.encoding import WEB_ENCODINGS, decode
from kolcrawl.text.normalize import MAX_MARKS, cut_marks, nfc

ROOT = Path(__file__).parents[2]
URL = "https://news.example.org/a/20260302/100200.html"
STORY = "Some sentence of a story that goes on for a while, and then it ends. " * 20
MARKS = "\u0300\u0327"
SURROGATE = re.compile("[\ud800-\udfff]")
SECONDS = 10
"""Of processor time, for pages that take less than one on a quiet machine, and minutes where a kind is not bounded."""


def page_of(body: str, head: str = "") -> bytes:
    """A page with a story and something hostile beside it."""
    return (
        f"<html lang=en><head><title>Headline of it</title>{head}</head><body><h1>Headline of it</h1><p>{STORY}</p>{body}"
    ).encode()


def repeated(unit: str, size: int = 1_000_000) -> str:
    """The unit, as often as makes that many characters."""
    return unit * (size // len(unit))


def marks(number: int, form: str) -> str:
    """Combining marks of two classes in turn, as they are or as one of the references that a page may write."""
    return "a" + form.join(["", *MARKS * number]) if form else "a" + MARKS * number


REFERENCES = "".join(f"&#x{ord(mark):x};" for mark in MARKS)
ESCAPES = "".join(f"\\u{ord(mark):04x}" for mark in MARKS)
MEMBERS = ("headline", "datePublished", "author", "keywords", "url", "publisher")
SLOW = {
    "marks in the text": page_of(f"<p>{repeated(MARKS)}</p>"),
    "marks in the headline": page_of(f"<h1>{repeated(MARKS)}</h1>"),
    "marks in anchors": page_of(
        "<h2>Related</h2>" + "".join(f"<li><a href=/n/{n}.html>Story {n} {MARKS * 20_000}</a>" for n in range(20))
    ),
    "marks as references": page_of(f"<p>{repeated(REFERENCES)}</p><h1>{repeated(REFERENCES)}</h1>"),
    "marks as references and as they are": page_of(f"<h1>{repeated('&#x300;' + MARKS[1])}</h1>"),
    "marks as references twice over": page_of("", f'<meta property=og:title content="{repeated("&amp;#x300;&amp;#807;")}">'),
    "marks in the host of addresses": page_of(
        "<h2>Related</h2>" + "".join(f"<li><a href='http://a{REFERENCES * 500}.example/{n}'>A story of it {n}</a>" for n in range(200))
    ),
    "marks as escapes": page_of(
        "",
        '<script type="application/ld+json">{"@type":"NewsArticle",'
        + ",".join(f'"{member}":"a{repeated(ESCAPES, 300_000)}"' for member in MEMBERS)
        + "}</script>",
    ),
    "links around boxes": page_of("<h2>Related</h2>" + repeated("<a href=/n/1><div>") + "x"),
    "links around boxes, in chains": page_of(repeated("<a href=/n/1><div>" * 120 + "x" + "</div></a>" * 120)),
    "boxes with a text each": page_of(repeated("<div>A text of some words. ")),
    "many kinds of elements in each other": page_of(
        repeated("<section class=related><ul><li><span><b><i><x-y><article>A text of some words, and more. ")
    ),
    "bylines around elements without text": page_of("<div class=byline>" * 2_000 + "<br>" * 200_000),
    "dates around elements without text": page_of("<div class=date>" * 2_000 + "<br>" * 200_000),
    "parts of the headline around elements without text": page_of("<div>Head" * 2_000 + "<br>" * 200_000),
    "named links side by side": page_of("<p>" + "<a class=tag href=/t>x</a>" * 100_000),
    "named links within each other": page_of("<p>" + "<span class=tag><em>" * 900 + "<a class=tag>x</a> word " * 50_000),
    "hidden boxes side by side": page_of(f"<div hidden><p>{STORY[:120]}.</p></div>" * 20_000),
    "boxes named loosely within each other": page_of("<div class=bottom>Some words here, and more. " * 2_000 + STORY),
    "words behind elements that are dropped": page_of("<link>Some words that stand behind it, and no paragraph. " * 29_000),
    "comments with links": page_of("<div><!--<a href=/1>a</a><a href=/2>b</a><a href=/3>c</a>--></div>" * 20_000),
    "objects in a script": page_of("<script>" + 'x={"title":"Headline of it","a":' * 20_000 + "</script>"),
    "strings in a script": page_of("<script>" + 'var a="Headline of it";' * 40_000 + "</script>"),
    "names of lists in a script": page_of("<script>" + "related" * 140_000 + "</script>"),
    "calls in a script": page_of("<script>var x={a:" + "f('Headline of it'),g:" * 40_000 + "</script>"),
    "links without text, deep down": page_of("<a href=/n/1><div>" * 1_000 + "<a></a>" * 100_000),
    "lines broken at a width": page_of(
        "".join(f"<p>{n} line of about thirty letters</p>" for n in range(60_000)).replace(f"<p>{STORY}</p>", "")
    ),
    "names in a script": b"<div id=app></div><script>x={\"a\":" + b"a." * 200_000 + b"</script>",
    "different keys in a script": ("<div id=app></div><script>x={" + ",".join(f'"name{n} of":{{"a":1}}' for n in range(60_000)) + "}</script>").encode(),
    "headings in each other": page_of(repeated("<h1>Headline of it <b>")),
    "the headline in each other": page_of(repeated("<div>Headline of it<span>")),
    "bylines in each other": page_of(repeated("<div class=byline>By Jane Roe<span class=author>")),
    "dates in each other": page_of(repeated("<div class=date>2026-03-02 08:00<time datetime=2026>")),
    "different paragraphs": page_of(
        "".join(f"<p>Paragraph {n} {'with a lot of text in it, ' * 40}</p>" for n in range(9_000))
    ),
    "lines before the headline": (
        "<title>Headline of it</title>" + "<div>2026-03-02 x</div>" * 100_000 + f"<h1>Headline of it</h1><p>{STORY}"
    ).encode(),
    "authors without end": page_of("", f"<meta name=author content='{repeated('((By Jane, ')}'>" * 5),
    "a name without end": page_of(f"<span class=author>{repeated('[ ( (')}</span>"),
    "a title without end": (f"<title>{repeated('a - b | ')}</title><p>{STORY}").encode(),
    "empty lines in JSON": page_of("", f'<script type="application/ld+json">{{{repeated(chr(10))}x</script>'),
    "objects in JSON": page_of(
        "", f'<script type="application/ld+json">[{repeated("""{"@type":"NewsArticle","headline":"x"},""")}0]</script>'
    ),
    "references in a row": page_of(f"<p>{repeated('&#20013;')}</p>"),
    "tags within a tag's name": page_of(repeated("<a", 600_000)),
    "marks of the end between paragraphs": page_of("<p>相关阅读</p><p>Some words of a text, and of the next one.</p>" * 40_000),
    "comments with links side by side": page_of("<div>" + "<!--<a href=/n/1>x</a>-->" * 60_000),
    "tags within a tag": page_of(("<a " * 126 + ">") * 3_000),
    "headings around comments": page_of("<section><h2>" * 20 + "<!--x-->" * 100_000),
    "links within options": page_of("<div class=related><ul><li><a href=/n/1><option><canvas>" * 70 + "x" * 400_000),
}  # fmt: skip


@pytest.mark.parametrize("name", SLOW)
def test_page_is_read_in_time(name: str) -> None:
    """Texts and trees on which a reader could spend minutes are read in the time that their size takes."""
    started = time.process_time()
    read_page(SLOW[name], URL)
    assert time.process_time() - started < SECONDS


def test_only_long_runs_of_marks_are_cut() -> None:
    """Thirty marks in a row stay wherever they stand, of more the first thirty, and nothing else is lost."""
    cut_marks("a" + MARKS * MAX_MARKS)
    for number in (0, 1, MAX_MARKS - 1, MAX_MARKS, MAX_MARKS + 1, 2 * MAX_MARKS, 2 * MAX_MARKS + 1, 1_000):
        for before in range(2 * MAX_MARKS + 2):
            run = (MARKS[0] + "\U0001e8d0") * (number // 2) + MARKS[1] * (number % 2)
            expected = "é" * before + run[:MAX_MARKS] + "的" * before
            assert cut_marks("é" * before + run + "的" * before) == expected
    vietnamese = unicodedata.normalize("NFD", "Thành phố Hồ Chí Minh có nhiều người dân sinh sống và làm việc") * 50
    assert cut_marks(vietnamese) == vietnamese
    assert nfc(vietnamese) == unicodedata.normalize("NFC", vietnamese)


def strings(value: Any) -> Iterator[str]:
    """All texts in a page as read."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from strings([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for entry in value:
            yield from strings(entry)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from strings(getattr(value, field.name))


LONE = {
    "escape in JSON": r"\ud83d",
    "second half in JSON": r"\uDE00",
    "halves in the wrong order": r"\ude00\ud83d",
    "reference": "&#xD83D;",
    "decimal reference": "&#55357;",
    "reference twice over": "&amp;#xD83D;",
    "percent-encoded": "%ED%A0%BD",
}


@pytest.mark.parametrize("name", LONE)
def test_no_lone_surrogate_leaves_the_reader(name: str) -> None:
    """Half of an emoji, wherever a page may write it, becomes U+FFFD or stays what it was; the story is read."""
    half = LONE[name]
    members = ",".join(f'"{member}":"{member} {half} x"' for member in ("author", "datePublished", "keywords", "name"))
    page = read_page(
        page_of(
            f"<h2>Related {half}</h2><a href='/n/12345{half}.html'>Another story {half} of it</a>"
            f"<time datetime='2026-03-02 {half}'>2026 {half}</time><p>{half} {STORY}</p>",
            f"<meta name=author content='Jane {half} Roe'><meta name=keywords content='x{half}'>"
            f"<link rel=canonical href='/n/{half}'><meta property=og:url content='/n/{half}'>"
            f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"Headline {half} of it",{members}}}'
            "</script>",
        ),
        URL,
    )
    assert page.story.text
    in_script = read_page(
        page_of(
            "", f'<script>post = {{"title":"Headline of it","author":"{half}Jane Roe","tags":["x{half}"]}}</script>'
        ),
        URL,
    )
    for text in strings([page, in_script]):
        assert not SURROGATE.search(text)
        text.encode()


def test_whole_pairs_and_escaped_backslashes_stay() -> None:
    """An emoji written as two escapes is read, and a backslash before `ud83d` is a backslash."""
    head = (
        r'<script type="application/ld+json">{"@type":"NewsArticle","headline":"A \ud83d\ude00 of C:\\ud83d"}</script>'
    )
    page = read_page(page_of("", head).replace(b"<h1>Headline of it</h1>", b""), URL)
    assert page.story.title == "A \U0001f600 of C:\\ud83d"


CODECS = sorted(
    {
        *aliases,
        *aliases.values(),
        "idna",
        "punycode",
        "undefined",
        "unicode_escape",
        "raw_unicode_escape",
        "mbcs",
        "oem",
    }
)


def test_any_declared_encoding_is_survived() -> None:
    """Whatever a header or a meta element names, a page is read, in an encoding of the web: rot13 and hex are none."""
    body = f"<html><head><title>Café</title></head><body><h1>Story</h1><p>{'Ça déjà été naïve. ' * 30}".encode(
        "latin-1"
    )
    for codec in [*CODECS, "a\x00b", "é", "", "x" * 10_000]:
        declared = body.replace(b"<head>", b"<head><meta charset='%s'>" % codec.encode())
        assert decode(body, f"text/html; charset={codec}")[1] in WEB_ENCODINGS, codec
        assert decode(declared)[1] in WEB_ENCODINGS, codec
    for codec in ("rot13", "hex", "idna", "undefined", "unicode_escape", "utf-7"):
        assert read_page(body, URL, {"content-type": f"text/html; charset={codec}"}).story.text, codec


@pytest.mark.parametrize(
    "url", ["", "x", "//a.example/1", "data:,x", "http://", "http://[::1", "https://a.example/\ud83d"]
)
def test_address_that_is_none_is_refused(url: str) -> None:
    """What is no absolute address of a page ends in PageError, like all that cannot be read."""
    with pytest.raises(PageError) as error:
        read_page(page_of(""), url)
    assert error.value.reason == "bad_url"


MEASURE = """
import sys
from kolcrawl.errors import PageError
from kolcrawl.page import read_page
def memory(name):
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name)) // 1024
read_page(b"<p>" + b"Some sentence of a story, and then it ends. " * 40, "https://a.example/1.html")
before = memory("VmRSS")
body = eval(sys.argv[1])
try:
    read_page(body, "https://a.example/1.html")
    outcome = "read"
except PageError as error:
    outcome = error.reason
print(outcome, memory("VmHWM") - before)
"""
MANY = "' '.join('a%d' % n for n in range({}))"
BODIES = {
    "12,000 tags of 127 attributes": ("('<p ' + " + MANY.format(127) + " + '>x').encode() * 12_000", "too_large"),
    "5,400 tags of 127 attributes": ("('<p ' + " + MANY.format(127) + " + '>x').encode() * 5_400", "read"),
    "400,000 tags of 10 attributes": ("b'<p a b c d e f g h i j>' * 400_000", "too_large"),
    "490,000 tags": ("b'<p>x' * 490_000", "read"),
    "240,000 links": ("b'<a href=/n/12345>A headline that is long</a>' * 240_000", "read"),
    "one text of 12 MB": ("b'word ' * 2_390_000", "read"),
    "150,000 paragraphs": ("b'<p>A text of some words, and a few more of them to read.</p>' * 190_000", "read"),
}  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", BODIES)
def test_memory_is_bounded(name: str) -> None:
    """Reading the heaviest pages that are allowed takes less than 400 MB; what would take more is refused."""
    body, outcome = BODIES[name]
    answer = subprocess.run(
        [sys.executable, "-c", MEASURE, body], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    assert answer[0] == outcome
    assert int(answer[1]) < 400


def test_story_is_bounded() -> None:
    """What leaves the reader is no longer than what follows can take: whole paragraphs, as many as a story may have."""
    page = read_page(page_of("<p>" + "的" * (LONGEST_STORY + 1)), URL)
    assert len(page.story.text or "") <= LONGEST_STORY
    assert within_bounds(STORY) == STORY
    assert within_bounds("的" * LONGEST_STORY + "x") == "的" * LONGEST_STORY
    long = within_bounds("\n".join([STORY] * 500))
    assert LONGEST_STORY - len(STORY) <= len(long) <= LONGEST_STORY
    assert long.endswith(STORY)
    assert within_bounds("x\n" * MAX_PARAGRAPHS + "y").split("\n") == ["x"] * MAX_PARAGRAPHS


def test_attributes_are_counted_in_tags_alone() -> None:
    """A long text full of spaces and quotes is no page of many attributes."""
    page = read_page(page_of(f"<p>{'a word or ' * (MAX_ALL_ATTRIBUTES // 3)}</p>"), URL)
    assert isinstance(page, Page)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_fuzzer_finds_nothing(tmp_path: Path) -> None:
    """A few pages of the fuzzer, generated and mutated, go all the way without breaking a bound; so its ways work."""
    (tmp_path / "page.html").write_bytes(
        page_of("<h2>Related</h2><ul><li><a href=/n/2.html>Another story of it</a></ul>")
    )
    fuzzer = [
        sys.executable,
        "benchmarks/fuzz_pages.py",
        "--corpus",
        str(tmp_path),
        "--seed",
        "20260302",
        "--pages",
        "40",
    ]
    answer = subprocess.run(fuzzer, capture_output=True, text=True, cwd=ROOT, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "40 pages" in answer.stdout
