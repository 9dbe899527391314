"""Bytes to text: declared and undeclared encodings, lies, and damage."""

from __future__ import annotations

import time

import pytest
from lxml import etree

from kolcrawl.errors import PageError
from kolcrawl.page.bounds import LONGEST_RUN
from kolcrawl.page.document import MAX_NESTED_TABLES, parse_document
from kolcrawl.page.encoding import decode
from kolcrawl.sample import sample_web

SITE = sample_web()
CHINESE = "".join(story.body for story in SITE.truth.values() if story.lang.startswith("zh-CN"))
TAIWAN = "".join(story.body for story in SITE.truth.values() if story.lang == "zh-Hant-TW")
JAPANESE = "".join(story.body for story in SITE.truth.values() if story.lang == "ja")
FRENCH = "Après l'été, la société a été mise en cause : « un café, s'il vous plaît », a répondu le maire. " * 20
TEXTS = {"utf-8": CHINESE, "gb18030": CHINESE, "big5": TAIWAN, "shift_jis": JAPANESE, "cp1252": FRENCH}


def page(codec: str, declared: str | None = None) -> bytes:
    """A page in an encoding, with a meta that declares it or another; what the encoding lacks is left out."""
    meta = f'<meta charset="{declared or codec}">'
    return f"<html><head>{meta}</head><body><p>{TEXTS[codec]}</p></body></html>".encode(codec, "ignore")


@pytest.mark.parametrize("codec", TEXTS)
def test_declared_in_the_page(codec: str) -> None:
    """A page that says what it is, is read so."""
    assert page(codec).decode(codec) == decode(page(codec))[0]


@pytest.mark.parametrize("codec", TEXTS)
def test_declared_in_the_header(codec: str) -> None:
    """The header's word goes before the page's."""
    body = page(codec, declared="utf-8")
    assert decode(body, f"text/html; charset={codec}")[0] == body.decode(codec)


@pytest.mark.parametrize("lie", ["gb2312", "big5", "iso-8859-1", "euc-jp", "nonsense"])
def test_utf8_is_utf8_whatever_is_declared(lie: str) -> None:
    """A charset that lies is found out by the bytes."""
    assert decode(page("utf-8", declared=lie), f"text/html; charset={lie}") == (page("utf-8", lie).decode(), "utf-8")


def test_gbk_that_calls_itself_utf8() -> None:
    """Bytes that cannot be UTF-8 are read as the encoding that Chinese pages have when they say nothing."""
    body = page("gb18030", declared="utf-8")
    assert decode(body, "text/html; charset=utf-8") == (body.decode("gb18030"), "gb18030")


@pytest.mark.parametrize("codec", TEXTS)
def test_a_few_broken_bytes_change_nothing_else(codec: str) -> None:
    """A character cut in two and a stray byte cost themselves and a neighbour, not the page."""
    whole = page(codec)
    middle = next(n for n in range(len(whole) // 2, len(whole)) if whole[n] > 0x80)
    broken = whole[:middle] + whole[middle + 1 : -20] + b"\xff" + whole[-20:]
    text, _ = decode(broken, f"text/html; charset={codec}")
    expected = whole.decode(codec)
    assert text[:100] == expected[:100]
    assert sum(a == b for a, b in zip(text, expected, strict=False)) > len(expected) // 3
    assert text.endswith("</body></html>")


def test_mostly_english_utf8_with_a_stray_byte() -> None:
    """Accents survive beside a byte of another encoding: not one of them becomes a Chinese character."""
    body = ("<p>" + "A long English text with the café of Zoë. " * 50 + "</p>").encode() + b"it\x92s"
    text, codec = decode(body)
    assert codec == "utf-8"
    assert text.count("café of Zoë") == 50


@pytest.mark.parametrize("around", ["<p>%s</p>", "<title>%s</title>", "<img src='data:%s' alt='x'>"])
def test_the_middle_of_an_endless_text_is_not_read(around: str) -> None:
    """A text, a title or a picture in the page's own source of ten million characters is cut; what follows is read."""
    body = f"<html><body>{around % ('word ' * 2_000_000)}<h2>What follows</h2></body></html>"
    document = parse_document(body.encode(), "https://a.example/1")
    assert document.root.findtext(".//h2") == "What follows"
    assert LONGEST_RUN / 2 < len(etree.tostring(document.root)) < LONGEST_RUN + 1_000


def test_a_long_script_costs_no_time() -> None:
    """Pages of the web with a script of more than a million characters are read in a moment, not in seconds."""
    body = f"<html><body><script>{'var word = 1;' * 150_000}</script><p>text</p></body></html>".encode()
    started = time.process_time()
    document = parse_document(body, "https://a.example/1")
    assert document.root.findtext(".//p") == "text"
    assert time.process_time() - started < 10  # of processor time; a moment, where it is not searched again and again


def test_a_base_that_is_too_long_is_none() -> None:
    """Every link is put behind the page's base, so a base of a hundred thousand characters would fill the memory."""
    body = f"<html><head><base href='https://b.example/{'x' * 3000}/'></head><body><p>text</p></body></html>"
    assert parse_document(body.encode(), "https://a.example/1").base_url == "https://a.example/1"


def test_tables_in_each_other() -> None:
    """A hundred tables in each other are read, as old pages have a dozen; more are refused, not beside each other."""
    nest, row = "<table><tr><td>", "<table><tr><td>x</td></tr></table>"
    assert parse_document(f"<p>{nest * MAX_NESTED_TABLES}x".encode(), "https://a.example/1")
    assert parse_document(f"<p>{row * 1_000}".encode(), "https://a.example/1")
    with pytest.raises(PageError, match="tables in each other") as refused:
        parse_document(f"<p>{nest * (MAX_NESTED_TABLES + 1)}x".encode(), "https://a.example/1")
    assert refused.value.reason == "too_large"


@pytest.mark.parametrize("kind", ["application/octet-stream", "binary/octet-stream; charset=utf-8"])
def test_html_under_a_type_that_says_nothing(kind: str) -> None:
    """HTML is read though the server calls it a stream of bytes; a file that is sent so is refused, and so is JSON."""
    headers = {"content-type": kind}
    body = b"<!-- a comment -->\n<!DOCTYPE html><html><body><p>A story.</p></body></html>"
    assert parse_document(body, "https://a.example/", headers).root.text_content().strip() == "A story."
    for other in (b"PK\x03\x04" + bytes(range(256)), b'{"title": "<p>"}'):
        with pytest.raises(PageError, match="not HTML"):
            parse_document(other, "https://a.example/", headers)
    with pytest.raises(PageError, match="not HTML"):
        parse_document(body, "https://a.example/", {"content-type": "application/json"})
