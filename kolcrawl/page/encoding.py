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
from collections import Counter

from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, resolve_encoding

_BEYOND_ASCII = bytes(range(128, 256))
# Texts in another encoding read as UTF-8 break at six bytes in ten beyond ASCII, Simplified Chinese read as Big5 at one
# in a hundred (labelled pages of 8 languages, recoded): what breaks less is this encoding, with a few bytes damaged.
UTF8_BROKEN = 0.05
DECLARED_BROKEN = 0.005
PLAUSIBLE = 0.2  # share of familiar characters above which a named encoding is believed; real texts have 0.4 and more
SINGLE_BYTE_PLAUSIBLE = 0.9  # the same for those of one byte, where single letters prove less
CLEARLY = 1.5  # times more familiar another encoding must be than the named one to overrule it
ALIKE_CLEARLY = 1.15  # the same between encodings of one byte, which share most of their letters
SAMPLE = 20_000  # bytes that are judged
MOST = 2_000_000  # bytes that the sample is looked for in
FEW = 8  # bytes beyond ASCII that prove nothing against a named encoding
# Where two are equally familiar the earlier one is taken.
USUAL = (
    "cp1252", "gb18030", "big5hkscs", "cp932", "euc_jp", "cp949", "cp1251", "cp1250", "cp1253", "cp1254", "cp1255",
    "cp1256", "cp1257", "cp1258", "cp874",
)  # fmt: skip

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
_ARABIC = re.compile("[\u0621-\u064a\u067e\u0686\u0698\u06a9\u06af\u06cc]{3,}")
_HEBREW = re.compile("[\u05d0-\u05ea]{2,}")
_L = "À-ÖØ-öø-ſƒơưƠƯșțȘȚ\u0300\u0301\u0303\u0309\u0323"
# Accented letters beside plain ones, and those that are a word: East Asian texts read as Western are long runs of them.
_ACCENTED = re.compile(
    f"(?<=[a-zA-Z])[{_L}]{{1,3}}(?![{_L}])|(?<![{_L}])[{_L}]{{1,3}}(?=[a-z])|(?<![^\\s])[àéèêóåöôýÀÉÈÓÅÖŽČŠšžčąęłśů](?![^\\s,.])"
)
# Marks stand at the edge of words: inside of one they are letters that were read wrongly.
_EDGE = "^\x00-\x40\x5b-\x60\x7b-\x7f"
_MARK = re.compile(
    f"(?<![{_EDGE}])[“”„‚‘’‹›«»–—…°€£¿¡•·§©®´²³½]|[“”„‚‘’‹›«»–—…°€£¿¡•·§©®´²³½](?![{_EDGE}])|(?<=[a-zA-Z])’"
)
# What languages write with an encoding of one byte beyond ASCII. A text has the letters of one of them, in the main.
_LETTERS = {
    "cp1252": ("äöüß", "àâæçéèêëîïôœùûüÿ", "áéíóúüñ", "áâãàçéêíóôõúü", "àèéìíîòóùú", "åäöéü", "æøåéòôö", "áðéíóúýþæö",
               "àçéèíïóòúü", "éëïöüèóíá"),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ", "äöüß"),
    "cp1254": ("çğıöşüâîûİ",),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"),
    "cp1258": ("àáâãăèéêìíòóôơùúưýđ\u0300\u0301\u0303\u0309\u0323",),
}  # fmt: skip
_ALPHABETS = {
    codec: [frozenset(letters + letters.upper()) for letters in alphabets] for codec, alphabets in _LETTERS.items()
}
# Up to the next tag at most, so that endless tags take no longer than they are. In no East Asian encoding is < or > the
# second byte of a character.
_TAG = re.compile(rb"<(/?)(script|style|noscript)?[^<>]*>?", re.IGNORECASE)


# GB 2312 has kana in the same places as EUC-JP: they speak for Japanese only.
_FAMILIAR = {
    "cp932": _HAN | _KANA,
    "euc_jp": _HAN | _KANA,
    "iso2022_jp": _HAN | _KANA,
    "cp949": _PUNCTUATION | _HANGUL,
    "euc_kr": _PUNCTUATION | _HANGUL,
}
_LANGUAGE = re.compile(rb"<html[^>]{0,300}?\slang=[\"']?([a-zA-Z]{2}(?:[-_][a-zA-Z]{2,4}){0,2})")
# Encodings that the language tag of a page suggests (WHATWG HTML, "determining the character encoding").
_HINTED = (
    {"zh": "gb18030", "zh-tw": "big5hkscs", "zh-hk": "big5hkscs", "zh-hant": "big5hkscs", "zh-mo": "big5hkscs",
     "ja": "cp932", "ko": "cp949", "tr": "cp1254", "az": "cp1254", "el": "cp1253", "he": "cp1255", "vi": "cp1258",
     "th": "cp874"}
    | dict.fromkeys(("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "nb", "fi", "is", "ca"), "cp1252")
    | dict.fromkeys(("pl", "cs", "sk", "hu", "hr", "sl", "ro", "sq"), "cp1250")
    | dict.fromkeys(("ru", "uk", "bg", "be", "mk", "sr", "kk"), "cp1251")
    | dict.fromkeys(("ar", "fa", "ur"), "cp1256")
    | dict.fromkeys(("lt", "lv", "et"), "cp1257")
)  # fmt: skip
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
    few = len(sample) - len(sample.translate(None, _BEYOND_ASCII)) < FEW
    if best and few:
        return body.decode(best, "replace"), best
    if not best or scores[best] < (SINGLE_BYTE_PLAUSIBLE if _is_single(best) else PLAUSIBLE):
        scores |= {codec: familiarity(sample, codec) for codec in USUAL if codec not in scores}
        if (hinted := _hinted(body)) in scores:
            scores[hinted] = scores[hinted] * HINT if scores[hinted] else 0.01
        top = max(scores, key=lambda codec: scores[codec])
        clearly = ALIKE_CLEARLY if _is_single(top) else CLEARLY
        if not best or scores[top] > clearly * scores[best]:
            best = top
    return body.decode(best, "replace"), best


def _is_single(codec: str) -> bool:
    return codec.startswith(("cp12", "iso8859", "koi8", "cp874"))


def _hinted(body: bytes) -> str:
    """The codec that the page's language tag suggests; empty for none."""
    match = _LANGUAGE.search(body[:4000])
    parts = match[1].decode().lower().replace("_", "-").split("-") if match else []
    tags = [f"{parts[0]}-{part}" for part in parts[1:]] + parts[:1]
    return next((_HINTED[tag] for tag in tags if tag in _HINTED), "")


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
    """The part of the page's visible text that is densest beyond ASCII; of the whole page where none is."""
    text = _visible(body[:MOST])
    if text.isascii():
        text = body
    if len(text) <= SAMPLE:
        return text
    parts = [text[start : start + SAMPLE] for start in range(0, min(len(text), 40 * SAMPLE), SAMPLE)]
    return max(parts, key=lambda part: len(part) - len(part.translate(None, _BEYOND_ASCII)))


def _visible(body: bytes) -> bytes:
    """A page's bytes without tags, scripts and styles."""
    pieces, at, hidden = [], 0, b""
    for tag in _TAG.finditer(body):
        if not hidden:
            pieces.append(body[at : tag.start()])
        name = (tag[2] or b"").lower()
        if not hidden and not tag[1]:
            hidden = name
        elif tag[1] and name == hidden:
            hidden = b""
        at = tag.end()
    return b" ".join(pieces if hidden else [*pieces, body[at:]])


def familiarity(sample: bytes, codec: str) -> float:
    """How much of the characters beyond ASCII is familiar in an encoding: 0 to 1, below 0 where it breaks."""
    text = sample.decode(codec, "replace")
    beyond = [c for c in text if c > "\x7f" and c != "\u00a0"]
    if not beyond:
        return 0.0
    broken = sum(1 for c in beyond if c == "\ufffd" or "\x80" <= c <= "\x9f" or "\ue000" <= c <= "\uf8ff")
    if codec == "cp874":
        thai = sum(1 for c in beyond if c in _THAI)
        familiar = 2 * thai - len(beyond)  # three in four of a Thai text, one in four of anything read as Thai
    elif _is_single(codec):
        familiar = sum(len(m.group()) for p in (_CYRILLIC, _GREEK, _ARABIC, _HEBREW) for m in p.finditer(text))
        accented = Counter("".join(_ACCENTED.findall(text)))
        alphabets = _ALPHABETS.get(codec, _ALPHABETS["cp1252"])
        familiar += max(sum(accented[letter] for letter in letters) for letters in alphabets)
        familiar += len(_MARK.findall(text))
    else:
        common = _FAMILIAR.get(codec, _HAN)
        familiar = sum(1 for c in beyond if c in common)
    return (familiar - 5 * broken) / len(beyond)
