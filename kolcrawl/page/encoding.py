"""The encoding of a page: the bytes decide, because headers and meta elements lie.

UTF-8 is tried first: other texts are almost never valid UTF-8. Else the encoding that header or meta name is taken
when the text it gives reads like one; GBK decodes nearly any bytes, so "no error" proves nothing, and texts are
judged by how much of them is made of their language's commonest characters. When the named one fails, the
usual encodings of the web are judged the same way. Names are widened as browsers do (WHATWG Encoding Standard, by
`w3lib`): gb2312 and gbk are read as gb18030, big5 as big5-hkscs, shift_jis as cp932, iso-8859-1 as cp1252.
"""

from __future__ import annotations

import codecs
import re

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, resolve_encoding

_BEYOND_ASCII = bytes(range(128, 256))
# Texts in another encoding read as UTF-8 break at six bytes in ten beyond ASCII, Simplified Chinese read as Big5 at one
# in a hundred (labelled pages of 8 languages, recoded): what breaks less is this encoding, with a few bytes damaged.
UTF8_BROKEN = 0.05
DECLARED_BROKEN = 0.005
PLAUSIBLE = 0.2  # share of familiar characters above which a named encoding is believed; real texts have 0.4 and more
SINGLE_BYTE_PLAUSIBLE = 0.5  # the same for Western and Cyrillic ones, where single letters prove less
CLEARLY = 1.5  # times more familiar another encoding must be than the named one to overrule it
SAMPLE = 20_000  # bytes that are judged
USUAL = ("gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp874")

# The commonest characters of Chinese (both scripts), Japanese kana and Korean syllables with punctuation; together they
# make half of any text in these languages and almost nothing of one that is read in a wrong encoding.
_PUNCTUATION = frozenset("，。、：；“”‘’「」『』（）《》？！·—…")
_HAN = _PUNCTUATION | frozenset(
    "的一是不了在人有我他这这個个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运"
    "國們來為說時會對過發後個裡種學經現當沒動還進樣開從實軍無與長機關點業將兩間問應戰頭體見產話給門東聲員義幾認條氣題爾別變總電數報結務場計資許統區隊決馬書則聽卻達強難權設記據邊張該規萬覺術領確傳師觀讓識帶導爭運這"
)  # fmt: skip
_KANA = frozenset(
    "のはをがにでとたてもいなすしれさるこらあまんかりそっよだけきせめくみおえアイウエオカスタトナニマムメラリルレロンーッシコ"
)
_HANGUL = frozenset(
    "이다는을의가에고하지로기사은도를한대인정시서자그해어나리아스일부과라보주전수제장상으동만원들구년위경"
)
_THAI = frozenset("านรอกเ่้ัิยลวมสทีะแไ")
_CYRILLIC = re.compile("[а-яёіїєґ]{3,}|[А-ЯІЇЄ][а-яёіїєґ]{2,}")
_GREEK = re.compile("[α-ωάέήίόύώς]{3,}")
_ACCENTED = re.compile("(?<=[a-zA-Z])[à-öø-ÿąćęłńóśźżčďěňřšťůžğışőűäöüßœ]|[À-ÖØ-öø-ÿŚŻŁČŠŽİ](?=[a-z])|(?<=\\s)à(?=\\s)")
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)


# GB 2312 has kana in the same places as EUC-JP: they speak for Japanese only.
_FAMILIAR = {
    "cp932": _HAN | _KANA,
    "euc_jp": _HAN | _KANA,
    "iso2022_jp": _HAN | _KANA,
    "cp949": _PUNCTUATION | _HANGUL,
    "euc_kr": _PUNCTUATION | _HANGUL,
}
_LANGUAGE = re.compile(rb"<html[^>]{0,300}?\slang=[\"']?([a-zA-Z]{2})")
_HINTED = {"tr": "cp1254"} | dict.fromkeys(("pl", "cs", "sk", "hu", "hr", "sl", "ro"), "cp1250")
HINT = 1.2  # how much more the encoding counts that the page's language tag suggests


def decode(body: bytes, content_type: str | None = None) -> tuple[str, str]:
    """Turn the bytes of a page into text.

    A character cut in the middle or a stray byte becomes U+FFFD; it does not make the page another encoding's.

    Args:
        body: of the page, after content decoding.
        content_type: value of the response header.

    Returns: the text and the Python codec name.
    """
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace"), codec
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
    beyond = len(body) - len(body.translate(None, _BEYOND_ASCII))
    if text.count("\ufffd") < UTF8_BROKEN * beyond:
        return text, "utf-8"
    sample = _sample(body)
    named = _named(body, content_type, beyond)
    scores = {codec: familiarity(sample, codec) for codec in named}
    best = max(scores, key=lambda codec: scores[codec], default="")
    if not best or scores[best] < (SINGLE_BYTE_PLAUSIBLE if best.startswith(("cp12", "iso")) else PLAUSIBLE):
        scores |= {codec: familiarity(sample, codec) for codec in USUAL if codec not in scores}
        if (language := _LANGUAGE.search(body[:4000])) and (hinted := _HINTED.get(language[1].decode().lower())):
            scores[hinted] *= HINT
        top = max(scores, key=lambda codec: scores[codec])
        if not best or scores[top] > CLEARLY * scores[best]:
            best = top
    return body.decode(best, "replace"), best


def _named(body: bytes, content_type: str | None, beyond: int) -> list[str]:
    """Codecs that header and meta name, header first, those that break on the bytes left out."""
    out: list[str] = []
    for name in (http_content_type_encoding(content_type) if content_type else None, html_body_declared_encoding(body)):
        codec = resolve_encoding(name) if name else None
        if (
            codec
            and codec not in ("utf-8", *out)
            and body.decode(codec, "replace").count("\ufffd") <= DECLARED_BROKEN * beyond
        ):
            out.append(codec)
    return out


def _sample(body: bytes) -> bytes:
    """The part of the page with the densest text beyond ASCII."""
    if len(body) <= SAMPLE:
        return body
    parts = [body[start : start + SAMPLE] for start in range(0, min(len(body), 40 * SAMPLE), SAMPLE)]
    return max(parts, key=lambda part: len(part) - len(part.translate(None, _BEYOND_ASCII)))


def familiarity(sample: bytes, codec: str) -> float:
    """How much of the characters beyond ASCII is familiar in an encoding: 0 to 1, below 0 where it breaks."""
    text = sample.decode(codec, "replace")
    text = _TAGS.sub(" ", text) if len(text) > 200 else text
    beyond = [c for c in text if c > "\x7f" and c != "\u00a0"]
    if not beyond:
        return 0.0
    broken = sum(1 for c in beyond if c == "\ufffd" or "\x80" <= c <= "\x9f" or "\ue000" <= c <= "\uf8ff")
    if codec == "cp874":
        thai = sum(1 for c in beyond if c in _THAI)
        familiar = 2 * thai - len(beyond)  # three in four of a Thai text, one in four of anything read as Thai
    elif codec.startswith(("cp125", "iso8859")):
        familiar = sum(len(m.group()) for p in (_CYRILLIC, _GREEK) for m in p.finditer(text))
        familiar += len(_ACCENTED.findall(text)) + sum(1 for c in beyond if c in "“”„‚‘’‹›«»–—…°€£¿¡•·§©®´²³½")
    else:
        common = _FAMILIAR.get(codec, _HAN)
        familiar = sum(1 for c in beyond if c in common)
    return (familiar - 5 * broken) / len(beyond)
