"""The language of a text as a BCP 47 tag. Pure functions.

The script alone tells Chinese, Japanese, Korean and a dozen more. For the others the language that the page states is
believed when the commonest words of that language are in the text; only else `py3langid` (n-grams, Lui and Baldwin
2012; its model ships in the package) is loaded and asked. Regions are not kept: a template's default says `en-US` too
often. Chinese carries its script (`zh-Hans`, `zh-Hant`), counted on the characters that only one of them uses.
"""

from __future__ import annotations

import re
import threading
from functools import cache

from kolcrawl.text.normalize import traditional_and_simplified
from kolcrawl.text.scripts import EAST_ASIAN_WEIGHT, HAN, HANGUL, KANA_LETTERS, LATIN
from kolcrawl.text.tables import read_table

SAMPLE_CHARACTERS = 1200  # headlines and first paragraphs decide
TELLING_LETTERS = 60  # below, the stated language is believed unless the script contradicts it
DETECTED_CHARACTERS = 600  # that the detector is given
HAN_TO_KANA = 12  # Japanese mixes both; a Chinese text may quote a Japanese name

_TABLE = read_table("languages.toml")
_TAGS: dict[str, str] = _TABLE["tag"] | _TABLE["form"]
Languages = tuple[str, ...]
"""Languages that are written in one script, the first where nothing else tells; none stand for Latin."""
_JAPANESE: Languages = ("ja",)
_KOREAN: Languages = ("ko",)
_CHINESE: Languages = ("zh",)
_SCRIPTS: dict[Languages, re.Pattern[str]] = {
    _JAPANESE: re.compile(f"[{KANA_LETTERS}]+"),
    _KOREAN: re.compile(f"[{HANGUL}]+"),
    _CHINESE: re.compile(f"[{HAN}]+"),
} | {tuple(row["languages"]): re.compile(f"[{row['letters']}]+") for row in _TABLE["script"]}
_LATIN = re.compile(f"[{LATIN}]+")
_WORD = re.compile(r"[^\W\d_]+")


def normal_tag(raw: str | None) -> str | None:
    """Write the language that a page states as a well-formed tag: `zh_cn` gives `zh-Hans-CN`; None for nonsense."""
    if not raw:
        return None
    base, *subtags = re.split(r"[-_]", raw.split(",")[0].split(";")[0].strip())
    base = base.lower()
    if not re.fullmatch(r"[a-z]{2,3}", base):
        return None
    script = region = ""
    for subtag in subtags:
        if re.fullmatch(r"[A-Za-z]{4}", subtag):
            script = subtag.title()
        elif re.fullmatch(r"[A-Za-z]{2}", subtag) and not region:
            region = subtag.upper()
    base, _, implied = _TAGS.get(base, base).partition("-")
    script = script or implied
    if base == "zh" and not script and region:
        script = "Hant" if region in _TABLE["chinese"]["traditional_regions"] else "Hans"
    if base == "yue":
        script = ""
    return "-".join(part for part in (base, script, region) if part)


def language_of(text: str, stated: str | None = None) -> str | None:
    """Tell the language of a text.

    Args:
        text: its beginning is enough.
        stated: what the page says, in any form (`zh-CN`, `en_US`); believed when the text agrees.

    Returns: BCP 47 tag without region, with script for Chinese; None when neither text nor page tells.
    """
    sample = text[:SAMPLE_CHARACTERS]
    tag = normal_tag(stated)
    base = tag.split("-")[0] if tag else None
    languages, letters = _script(sample)
    if languages == _CHINESE:
        # Written Cantonese is only told apart by its page.
        return "yue" if base == "yue" else f"zh-{han_script(sample) or _stated_script(tag)}"
    if languages:
        return _one_of(languages, sample, base, letters)
    if letters < TELLING_LETTERS or (base and _agrees(sample, base)):
        return base
    return _by_common_words(sample) or _detect(sample) or base


def _one_of(languages: Languages, sample: str, stated: str | None, letters: int) -> str:
    """Choose among the languages of the sample's script."""
    if len(languages) == 1:
        return languages[0]
    believed = stated if stated in languages else None
    if believed and (letters < TELLING_LETTERS or _agrees(sample, believed)):
        return believed
    guess = _detect(sample) if letters >= TELLING_LETTERS else None
    return guess if guess in languages else believed or languages[0]


def han_script(text: str) -> str | None:
    """Tell `Hans` or `Hant` by the characters that only one of them uses; None for neither."""
    simplified, traditional = _han_sets()
    characters = set(text)  # far fewer than the text has
    hans, hant = (sum(map(text.count, characters & only)) for only in (simplified, traditional))
    if hans == hant:
        return None
    return "Hans" if hans > hant else "Hant"


def _stated_script(tag: str | None) -> str:
    return "Hant" if tag and tag.startswith("zh") and "Hant" in tag else "Hans"


@cache
def _han_sets() -> tuple[frozenset[str], frozenset[str]]:
    """Read the characters of simplified Chinese alone, and those of traditional Chinese alone."""
    traditional, simplified = map(set, traditional_and_simplified())
    return frozenset(simplified - traditional), frozenset(traditional - simplified)


def _script(sample: str) -> tuple[Languages, int]:
    """Find the languages of the script that carries the text (none for Latin), and count its letters."""
    latin = sum(map(len, _LATIN.findall(sample)))
    if sample.isascii():
        return (), latin
    characters = "".join(set(sample))  # far fewer, of which most scripts have none
    counts = {
        languages: sum(map(len, letters.findall(sample)))
        for languages, letters in _SCRIPTS.items()
        if letters.search(characters)
    }
    han, kana = counts.get(_CHINESE, 0), counts.get(_JAPANESE, 0)
    if kana and kana * HAN_TO_KANA >= han:
        counts[_JAPANESE], counts[_CHINESE] = kana + han, 0
    if not counts:
        return (), latin
    most = max(counts, key=lambda languages: counts[languages])
    weight = EAST_ASIAN_WEIGHT if most in (_CHINESE, _JAPANESE, _KOREAN) else 1
    return (most, counts[most]) if counts[most] * weight > latin else ((), latin)


@cache
def _common_words() -> dict[str, frozenset[str]]:
    return {language: frozenset(words.split()) for language, words in read_table("words.toml").items()}


def _agrees(sample: str, language: str) -> bool:
    """Tell whether one word in seven is among the commonest of the language, and none of its rivals claims more."""
    common = _common_words().get(language)
    if not common:
        return False
    words = _WORD.findall(sample.casefold())
    hits = sum(map(common.__contains__, words))
    if hits * 7 < len(words):
        return False
    rivals = _TABLE["rivals"].get(language, _TABLE["rivals"]["default"])
    return all(sum(map(_common_words()[rival].__contains__, words)) <= hits for rival in rivals)


def _by_common_words(sample: str) -> str | None:
    """Find the language whose commonest words make a fifth of the text and twice as much as any other's."""
    words = _WORD.findall(sample.casefold())
    hits = sorted(
        ((sum(map(common.__contains__, words)), language) for language, common in _common_words().items()),
        reverse=True,
    )
    (most, language), (next_most, _) = hits[:2]
    return language if most * 5 >= len(words) and most >= 2 * next_most else None


class _Model:
    """What is known of the detector's model."""

    is_wanted = False
    is_loaded = False
    loading = threading.Lock()


def is_detector_loaded() -> bool:
    """Tell whether the detector's model is loaded."""
    return _Model.is_loaded


def is_detector_wanted() -> bool:
    """Tell whether a text needed the detector."""
    return _Model.is_wanted


def load_detector() -> None:
    """Load the detector's model, 4.5 MB packed, which takes half a second; do nothing where it is loaded."""
    with _Model.loading:  # who waits for another to load it need not do it, too
        if not _Model.is_loaded:
            import py3langid

            py3langid.classify("")  # the first text loads it
            _Model.is_loaded = True


def _detect(sample: str) -> str | None:
    """Ask the detector; None where it sees no language."""
    import py3langid

    _Model.is_wanted = True
    load_detector()
    language, _ = py3langid.classify(sample[:DETECTED_CHARACTERS])
    language = str(_TABLE["form"].get(language, language))
    return language if language and language != "zxx" else None
