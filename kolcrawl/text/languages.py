"""The language of a text as a BCP 47 tag. Pure functions.

Script settles Chinese, Japanese, Korean and a dozen more at once. For the others the page's own word is believed
when the commonest words of that language are in the text; only else `py3langid` (n-grams, Lui and Baldwin 2012;
its model ships in the package) is loaded and asked. Regions are not kept: a template's default says `en-US` too
often. Chinese carries its script (`zh-Hans`, `zh-Hant`), counted on the characters that only one of them uses.
"""

from __future__ import annotations

import re
from functools import cache

from kolcrawl.text.normalize import traditional_and_simplified
from kolcrawl.text.scripts import EAST_ASIAN_WEIGHT
from kolcrawl.text.tables import read_table

SAMPLE = 1200  # characters looked at; headlines and first paragraphs decide
ENOUGH = 60  # letters; below, the page's word is believed unless the script contradicts it

_SCRIPTS = (
    ("ja", re.compile("[\u3041-\u3096\u30a1-\u30fa]+")),
    ("ko", re.compile("[\uac00-\ud7af]+")),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")),
    ("Cyrl", re.compile("[\u0400-\u04ff]+")),
    ("Arab", re.compile("[\u0600-\u06ff]+")),
    ("el", re.compile("[\u0370-\u03ff]+")),
    ("he", re.compile("[\u0590-\u05ff]+")),
    ("th", re.compile("[\u0e00-\u0e7f]+")),
    ("Deva", re.compile("[\u0900-\u097f]+")),
    ("bn", re.compile("[\u0980-\u09ff]+")),
    ("pa", re.compile("[\u0a00-\u0a7f]+")),
    ("gu", re.compile("[\u0a80-\u0aff]+")),
    ("ta", re.compile("[\u0b80-\u0bff]+")),
    ("te", re.compile("[\u0c00-\u0c7f]+")),
    ("kn", re.compile("[\u0c80-\u0cff]+")),
    ("ml", re.compile("[\u0d00-\u0d7f]+")),
    ("si", re.compile("[\u0d80-\u0dff]+")),
    ("my", re.compile("[\u1000-\u109f]+")),
    ("lo", re.compile("[\u0e80-\u0eff]+")),
    ("km", re.compile("[\u1780-\u17ff]+")),
    ("ka", re.compile("[\u10a0-\u10ff]+")),
    ("hy", re.compile("[\u0530-\u058f]+")),
    ("am", re.compile("[\u1200-\u137f]+")),
)
# Scripts of several languages: which the script allows, the first when nothing else tells.
_SHARED = {
    "Cyrl": ("ru", "uk", "bg", "sr", "mk", "be", "kk", "mn", "ky", "tg"),
    "Arab": ("ar", "fa", "ur", "ps", "ckb", "ug", "sd"),
    "Deva": ("hi", "mr", "ne"),
}
_LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ɏ\u1e00-\u1eff]+")
_TRADITIONAL_REGIONS = ("TW", "HK", "MO")
# Old codes, countries written for languages, and the two written forms of Norwegian.
_OLD = {
    "iw": "he", "in": "id", "ji": "yi", "mo": "ro", "jp": "ja", "kr": "ko", "cn": "zh-Hans", "tw": "zh-Hant",
    "nb": "no", "nn": "no", "ua": "uk", "cz": "cs", "gr": "el", "dk": "da", "se": "sv",
}  # fmt: skip


def normal_tag(raw: str | None) -> str | None:
    """A page's word for its language as a well-formed tag: `zh_cn` gives `zh-Hans-CN`; None for nonsense."""
    if not raw:
        return None
    parts = re.split(r"[-_]", raw.split(",")[0].split(";")[0].strip())
    base = parts[0].lower()
    if not re.fullmatch(r"[a-z]{2,3}", base):
        return None
    script = region = ""
    for part in parts[1:]:
        if re.fullmatch(r"[A-Za-z]{4}", part):
            script = part.title()
        elif re.fullmatch(r"[A-Za-z]{2}", part) and not region:
            region = part.upper()
    base, _, implied = _OLD.get(base, base).partition("-")
    script = script or implied
    if base == "zh" and not script and region:
        script = "Hant" if region in _TRADITIONAL_REGIONS else "Hans"
    if base == "yue":
        script = ""
    return "-".join(part for part in (base, script, region) if part)


def language_of(text: str, stated: str | None = None) -> str | None:
    """The language of a text.

    Args:
        text: its beginning is enough.
        stated: what the page says, in any form (`zh-CN`, `en_US`); believed when the text agrees.

    Returns: BCP 47 tag without region, with script for Chinese; None when neither text nor page tells.
    """
    sample = text[:SAMPLE]
    tag = normal_tag(stated)
    said = tag.split("-")[0] if tag else None
    script, letters = _script(sample)
    if script == "zh":
        # Written Cantonese is only told apart by its page.
        return "yue" if said == "yue" else f"zh-{han_script(sample) or _stated_script(tag)}"
    if script in _SHARED:
        if said in _SHARED[script] and (letters < ENOUGH or _agrees(sample, said)):
            return said
        guess = _detect(sample) if letters >= ENOUGH else None
        return guess if guess in _SHARED[script] else said if said in _SHARED[script] else _SHARED[script][0]
    if script:
        return script
    if letters < ENOUGH or (said and _agrees(sample, said)):
        return said
    return _by_common_words(sample) or _detect(sample) or said


def han_script(text: str) -> str | None:
    """`Hans` or `Hant` by the characters that only simplified or only traditional Chinese uses; None for neither."""
    simplified, traditional = _han_sets()
    signs = set(text)  # far fewer than the text has
    hans, hant = (sum(map(text.count, signs & only)) for only in (simplified, traditional))
    if hans == hant:
        return None
    return "Hans" if hans > hant else "Hant"


def _stated_script(tag: str | None) -> str:
    return "Hant" if tag and tag.startswith("zh") and "Hant" in tag else "Hans"


@cache
def _han_sets() -> tuple[frozenset[str], frozenset[str]]:
    traditional, simplified = map(set, traditional_and_simplified())
    return frozenset(simplified - traditional), frozenset(traditional - simplified)


def _script(sample: str) -> tuple[str | None, int]:
    """The script that carries the text (None for Latin), and how many letters it has."""
    latin = sum(map(len, _LATIN.findall(sample)))
    if sample.isascii():
        return None, latin
    signs = "".join(set(sample))  # far fewer, of which most scripts have none
    counts = {name: sum(map(len, pattern.findall(sample))) for name, pattern in _SCRIPTS if pattern.search(signs)}
    han, kana = counts.get("zh", 0), counts.get("ja", 0)
    if kana and kana * 12 >= han:  # Japanese mixes both; a Chinese text may quote a Japanese name
        counts["ja"], counts["zh"] = kana + han, 0
    if not counts:
        return None, latin
    name = max(counts, key=lambda key: counts[key])
    weight = EAST_ASIAN_WEIGHT if name in ("zh", "ja", "ko") else 1
    return (name, counts[name]) if counts[name] * weight > latin else (None, latin)


@cache
def _common_words() -> dict[str, frozenset[str]]:
    table = read_table("words.toml")
    return {lang: frozenset(words.split()) for lang, words in table.items()}


def _agrees(sample: str, lang: str) -> bool:
    """Whether one word in seven is among the commonest of the language, and no other language claims more."""
    common = _common_words().get(lang)
    if not common:
        return False
    words = re.findall(r"[^\W\d_]+", sample.casefold())
    hits = sum(map(common.__contains__, words))
    if hits * 7 < len(words):
        return False
    rivals = _RIVALS.get(lang, ("en",) if lang != "en" else ("de", "fr", "es"))
    return all(sum(map(_common_words()[rival].__contains__, words)) <= hits for rival in rivals)


def _by_common_words(sample: str) -> str | None:
    """The language whose commonest words make a fifth of the text and twice as much as any other's."""
    words = re.findall(r"[^\W\d_]+", sample.casefold())
    hits = sorted(
        ((sum(map(common.__contains__, words)), lang) for lang, common in _common_words().items()), reverse=True
    )
    (most, lang), (next_most, _) = hits[:2]
    return lang if most * 5 >= len(words) and most >= 2 * next_most else None


_RIVALS = {
    "da": ("no", "sv"), "no": ("da", "sv"), "sv": ("no", "da"), "es": ("pt", "ca"), "pt": ("es",), "ca": ("es", "fr"),
    "id": ("ms",), "ms": ("id",), "cs": ("sk",), "sk": ("cs",), "ru": ("uk", "bg"), "uk": ("ru",), "bg": ("ru",),
    "fr": ("en", "es"),
}  # fmt: skip


def _detect(sample: str) -> str | None:
    import py3langid  # loads a model of 4.5 MB

    lang, _ = py3langid.classify(sample[:600])
    lang = {"nb": "no", "nn": "no"}.get(lang, lang)
    return str(lang) if lang and lang != "zxx" else None
