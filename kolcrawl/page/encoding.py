"""The encoding of a page: the bytes decide, because headers and meta elements lie.

UTF-8 is tried first: other texts are almost never valid UTF-8. Else the encoding that header or meta name is taken
when the text it gives reads like one; GBK decodes nearly any bytes, so "no error" proves nothing, and texts are
judged by how much of them is made of their language's commonest characters (`familiarity.py`). When the named one
fails, the usual encodings of the web are judged the same way. Names are widened as browsers do (WHATWG Encoding
Standard, by `w3lib`): gb2312 and gbk are read as gb18030, big5 as big5-hkscs, shift_jis as cp932, iso-8859-1 as cp1252.
"""

from __future__ import annotations

import codecs
import re
from functools import cache
from itertools import islice

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, resolve_encoding

from kolcrawl.page.familiarity import familiarity, is_single_byte
from kolcrawl.text.tables import read_table

_BEYOND_ASCII = bytes(range(128, 256))
# Texts in another encoding read as UTF-8 break at six bytes in ten beyond ASCII, Simplified Chinese read as Big5 at one
# in a hundred (labelled pages of 8 languages, recoded): what breaks less is this encoding, with a few bytes damaged.
UTF8_BROKEN = 0.05
DECLARED_BROKEN = 0.005
PLAUSIBLE_SHARE = 0.2  # of familiar characters above which a named encoding is believed; real texts have 0.4 and more
SINGLE_BYTE_PLAUSIBLE = 0.9  # the same for those of one byte, where single letters prove less
CLEARLY_BETTER = 1.5  # times more familiar another encoding must be than the named one to overrule it
SINGLE_BYTE_CLEARLY_BETTER = 1.15  # the same between encodings of one byte, which share most of their letters
SUGGESTED_FACTOR = 1.2  # how much more the encoding counts that the page's language tag suggests
SUGGESTED_UNFAMILIAR = 0.01  # familiarity of the suggested encoding where nothing in the text is familiar
MOSTLY = 0.5  # share of the bytes beyond ASCII, in texts that are UTF-8, of a page with pieces in another encoding
PIECE_BROKEN = 0.2  # characters that break, of the bytes beyond ASCII in such a piece
SAMPLE_BYTES = 20_000  # that are judged
MAX_SAMPLES = 40  # parts of the page of which the sample is chosen
SEARCHED_BYTES = 2_000_000  # of a page in which the sample is looked for
SEARCHED_TAGS = 50_000  # the same
MAX_JUDGED_TEXTS = 20_000  # beyond ASCII, of a page whose encoding may be mixed; the fullest page met has 1,000
PROVING_BYTES = 8  # beyond ASCII; fewer prove nothing against a named encoding
LANGUAGE_BYTES = 4_000  # at the beginning of a page in which its language tag is looked for

# Where two are equally familiar the earlier one is taken.
USUAL_ENCODINGS = (
    "cp1252", "gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp1251", "cp1250", "cp1253", "cp1254", "cp1255",
    "cp1256", "cp1257", "cp1258", "cp874",
)  # fmt: skip
# Those of the WHATWG Encoding Standard, as Python calls them. Python knows others, some of which are no encodings of
# text (rot13, hex, idna), and some that no browser reads (utf-7).
WEB_ENCODINGS = frozenset(
    (*USUAL_ENCODINGS, "big5", "cp866", "euc_kr", "gbk", "gb2312", "iso2022_jp", "iso8859-1", "iso8859-2", "iso8859-3",
     "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-9", "iso8859-10", "iso8859-11",
     "iso8859-13", "iso8859-14", "iso8859-15", "iso8859-16", "koi8-r", "koi8-u", "mac-cyrillic", "mac-roman",
     "shift_jis", "tis-620", "utf-8", "utf-16-be", "utf-16-le", "utf-16")
)  # fmt: skip
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ESCAPED_JAPANESE = re.compile(rb"\x1b\$[@B][!-~]{2}")  # ISO-2022-JP: its bytes are all ASCII
_TEXT_BEYOND_ASCII = re.compile(rb"[\x80-\xff][^<>]*")  # from its first such byte on, which is where it can break
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,40}")
_LANGUAGE = re.compile(rb"<html[^>]{0,300}?\slang=[\"']?([a-zA-Z]{2}(?:[-_][a-zA-Z]{2,4}){0,2})")
# Up to the next tag at most, so that endless tags take no longer than they are. In no East Asian encoding is < or > the
# second byte of a character.
_TAG = re.compile(rb"<(/?)(script|style|noscript)?[^<>]*>?", re.IGNORECASE)


def decode(body: bytes, content_type: str | None = None) -> tuple[str, str]:
    """Turn the bytes of a page into text.

    A character cut in the middle or a stray byte becomes U+FFFD; it does not make the page another encoding's.

    Args:
        body: of the page, after content decoding.
        content_type: value of the response header.

    Returns: the text and the Python codec name.
    """
    for mark, codec in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace"), codec
    if b"\x1b" in body and _ESCAPED_JAPANESE.search(body):
        return body.decode("iso2022_jp_ext", "replace"), "iso2022_jp"
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
    beyond = _count_beyond_ascii(body)
    if _is_mixed(body):
        return _decode_mixed(body, content_type), "utf-8"
    if text.count("\ufffd") < UTF8_BROKEN * beyond:
        return text, "utf-8"
    codec = _most_familiar(body, _named(body, content_type, beyond))
    return body.decode(codec, "replace"), codec


def _is_mixed(body: bytes) -> bool:
    """Tell whether most of a page is UTF-8 and whole texts of it are not: a file in another encoding was put in."""
    beyond = valid = broken = 0
    for text in islice(_TEXT_BEYOND_ASCII.finditer(body), MAX_JUDGED_TEXTS):
        size = _count_beyond_ascii(text[0])
        beyond += size
        if size < PROVING_BYTES:
            continue
        if _is_utf8(text[0]):
            valid += size
        elif _is_piece(text[0], size):
            broken += size
    return valid > MOSTLY * beyond and broken > 0


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_piece(data: bytes, size: int) -> bool:
    """Tell whether a text breaks as often as one in another encoding does, not by a character cut in two."""
    return data.decode("utf-8", "replace").count("\ufffd") > PIECE_BROKEN * size


def _decode_mixed(body: bytes, content_type: str | None) -> str:
    """Decode a page in UTF-8 with pieces in another encoding, which is judged by all of them together."""
    texts = islice(_TEXT_BEYOND_ASCII.finditer(body), MAX_JUDGED_TEXTS)
    pieces = [text[0] for text in texts if not _is_utf8(text[0])]
    joined = b"\n".join(piece for piece in pieces if _is_piece(piece, _count_beyond_ascii(piece)))
    codec = _most_familiar(joined, _named(joined, content_type, _count_beyond_ascii(joined)))

    def decoded(text: re.Match[bytes]) -> bytes:
        data = text[0]
        if _is_utf8(data) or not _is_piece(data, _count_beyond_ascii(data)):
            return data
        return data.decode(codec, "replace").encode()

    return _TEXT_BEYOND_ASCII.sub(decoded, body, count=MAX_JUDGED_TEXTS).decode("utf-8", "replace")


def _most_familiar(body: bytes, named: list[str]) -> str:
    """Choose between the named encodings and the usual ones."""
    sample = _sample(body)
    scores = {codec: familiarity(sample, codec) for codec in named}
    best = max(scores, key=scores.__getitem__, default="")
    if best and _count_beyond_ascii(sample) < PROVING_BYTES:
        return best
    if best and scores[best] >= (SINGLE_BYTE_PLAUSIBLE if is_single_byte(best) else PLAUSIBLE_SHARE):
        return best
    scores |= {codec: familiarity(sample, codec) for codec in USUAL_ENCODINGS if codec not in scores}
    if (suggested := _suggested(body)) in scores:
        scores[suggested] = scores[suggested] * SUGGESTED_FACTOR if scores[suggested] else SUGGESTED_UNFAMILIAR
    top = max(scores, key=scores.__getitem__)
    clearly = SINGLE_BYTE_CLEARLY_BETTER if is_single_byte(top) else CLEARLY_BETTER
    return top if not best or scores[top] > clearly * scores[best] else best


def _count_beyond_ascii(data: bytes) -> int:
    return len(data) - len(data.translate(None, _BEYOND_ASCII))


def _suggested(body: bytes) -> str:
    """Return the codec that the page's language tag suggests; empty for none."""
    match = _LANGUAGE.search(body[:LANGUAGE_BYTES])
    parts = match[1].decode().lower().replace("_", "-").split("-") if match else []
    tags = [f"{parts[0]}-{part}" for part in parts[1:]] + parts[:1]
    by_language = _codecs_by_language()
    return next((by_language[tag] for tag in tags if tag in by_language), "")


@cache
def _codecs_by_language() -> dict[str, str]:
    suggested = read_table("encodings.toml")["suggested"]
    return {tag: codec for codec, tags in suggested.items() for tag in tags.split()}


def _named(body: bytes, content_type: str | None, beyond: int) -> list[str]:
    """List the codecs that header and meta name, header first, those that break on the bytes left out."""
    out: list[str] = []
    for name in (http_content_type_encoding(content_type) if content_type else None, html_body_declared_encoding(body)):
        codec = resolve_encoding(name) if name and _NAME.fullmatch(name) else None
        if (
            codec in WEB_ENCODINGS
            and codec not in ("utf-8", *out)
            and body.decode(codec, "replace").count("\ufffd") <= DECLARED_BROKEN * beyond
        ):
            out.append(codec)
    return out


def _sample(body: bytes) -> bytes:
    """Cut out the part of the page's visible text that is densest beyond ASCII; of the whole page where none is."""
    text = _visible(body[:SEARCHED_BYTES])
    if text.isascii():
        text = body
    if len(text) <= SAMPLE_BYTES:
        return text
    starts = range(0, min(len(text), MAX_SAMPLES * SAMPLE_BYTES), SAMPLE_BYTES)
    return max((text[start : start + SAMPLE_BYTES] for start in starts), key=_count_beyond_ascii)


def _visible(body: bytes) -> bytes:
    """Strip a page's bytes of tags, scripts and styles."""
    pieces, at, hidden = [], 0, b""
    for tag in islice(_TAG.finditer(body), SEARCHED_TAGS):
        if not hidden:
            pieces.append(body[at : tag.start()])
        name = (tag[2] or b"").lower()
        if not hidden and not tag[1]:
            hidden = name
        elif tag[1] and name == hidden:
            hidden = b""
        at = tag.end()
    return b" ".join(pieces if hidden else [*pieces, body[at:]])
