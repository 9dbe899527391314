"""Bytes to one parsed tree; the encoding is settled here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import lxml.html
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, resolve_encoding

from kolcrawl.errors import PageError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 12_000_000  # above any real article; a hostile page must not hold the crawl


@dataclass(slots=True)
class Document:
    """One parsed page. Readers must not change `root`."""

    url: str
    base_url: str
    """What relative URLs on the page are relative to."""
    encoding: str
    root: lxml.html.HtmlElement


_BEYOND_ASCII = bytes(range(128, 256))
# Texts in another encoding read as UTF-8 break at six bytes in ten beyond ASCII, Simplified Chinese read as Big5 at one
# in a hundred (labelled pages of 8 languages, recoded): what breaks less is this encoding, with a few bytes damaged.
UTF8_BROKEN = 0.05
DECLARED_BROKEN = 0.005


def decode(body: bytes, content_type: str | None = None) -> tuple[str, str]:
    """Turn the bytes of a page into text: UTF-8 when they are UTF-8, else what header or meta say, else GB18030.

    A character cut in the middle or a stray byte is replaced by U+FFFD; it does not make the page another encoding's.

    Returns: the text and the Python codec name.
    """
    if body.startswith(b"\xef\xbb\xbf"):
        return body[3:].decode("utf-8", "replace"), "utf-8"
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
    beyond = len(body) - len(body.translate(None, _BEYOND_ASCII))
    if text.count("\ufffd") < UTF8_BROKEN * beyond:
        return text, "utf-8"
    header = http_content_type_encoding(content_type) if content_type else None
    for name, most in ((header, DECLARED_BROKEN), (html_body_declared_encoding(body), DECLARED_BROKEN), ("gb18030", 0)):
        codec = resolve_encoding(name) if name else None
        if codec and codec != "utf-8":
            read = body.decode(codec, "replace")
            if read.count("\ufffd") <= most * beyond:
                return read, codec
    return text, "utf-8"


def parse_document(body: bytes, url: str, headers: Mapping[str, str] | None = None) -> Document:
    """Parse the bytes of a page.

    Args:
        body: as received, after content decoding.
        url: absolute URL the page was fetched from.
        headers: response headers with lower-case names; only `content-type` is read.

    Raises:
        PageError: `empty`, `too_large` or `not_html`.
    """
    if not body.strip():
        raise PageError("empty", f"{url}: the page is empty")
    if len(body) > MAX_BYTES:
        raise PageError("too_large", f"{url}: {len(body)} bytes, more than {MAX_BYTES}")
    content_type = (headers or {}).get("content-type")
    if content_type and not re.match(r"\s*(text/|application/xhtml)", content_type, re.IGNORECASE):
        raise PageError("not_html", f"{url}: content type {content_type!r} is not HTML")
    text, encoding = decode(body, content_type)
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text).replace("\x00", "")
    parser = lxml.html.HTMLParser(huge_tree=True)
    try:
        root = lxml.html.document_fromstring(text, parser=parser)
    except (lxml.etree.ParserError, ValueError) as error:
        raise PageError("not_html", f"{url}: no HTML in it ({error})") from error
    base = root.find(".//base[@href]")
    base_url = url
    if base is not None:
        try:
            base_url = urljoin(url, (base.get("href") or "").strip())
        except ValueError:
            base_url = url
    return Document(url=url, base_url=base_url, encoding=encoding, root=root)
