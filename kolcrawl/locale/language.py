"""Which language this process speaks: asked for, or that of the locale."""

from __future__ import annotations

import gettext
import os
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
VARIABLE: Final = "KOLCRAWL_LANG"
DOMAIN: Final = "kolcrawl"
CJK_IDEOGRAPH: Final = 0x4E2D
"""A common one, by which an encoding is known to hold them."""
LOCALE_FOLDER: Final = Path(__file__).parent
_CATALOGUES: Final[dict[Language, str]] = {"zh": "zh_CN"}
"""The catalogue of each language but English, in which the messages are written."""

_chosen: Language | None = None
_spoken_now: ContextVar[Language | None] = ContextVar("_spoken_now", default=None)


def language_of(tag: str) -> Language | None:
    """Return the language of a locale's name, such as `zh_CN.UTF-8`; None if it is neither Chinese nor English."""
    name = tag.strip().lower().replace("-", "_").partition(".")[0].partition("@")[0]
    if name in ("c", "posix"):
        return "en"
    return next((language for language in LANGUAGES if name.partition("_")[0] == language), None)


def language_of_locale(environment: Mapping[str, str]) -> Language:
    """Return the language of a process by its environment, as gettext does.

    LC_ALL, LC_MESSAGES and LANG name the locale, the first that is set; LANGUAGE lists languages that are preferred to
    it, unless the locale is `C`. The locale need not be installed.
    """
    locale = next(filter(None, (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    if locale not in ("C", "POSIX"):
        for tag in environment.get("LANGUAGE", "").split(":"):
            if found := language_of(tag):
                return found
    return language_of(locale) or "en"


def set_language(asked: object) -> None:
    """Choose the language; None or an empty text leave it to the environment.

    Raises:
        ValueError: there are no messages in this language.
    """
    global _chosen  # noqa: PLW0603  a fact about the process
    text = str(asked or "").strip()
    found = language_of(text) if text else None
    if text and found is None:
        raise ValueError(text)
    _chosen = found


def note_options(words: Sequence[str]) -> None:
    """Choose the language that a command line asks for by --lang, before anything reads its options: help needs it."""
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == "--lang" and (found := language_of(value if equals else "".join(words[at + 1 : at + 2]))):
            set_language(found)
            return


def chosen_language() -> Language:
    """Return the language in which messages are shown now: English where the output cannot show the other."""
    if spoken := _spoken_now.get():
        return spoken
    found = _chosen or language_of(os.environ.get(VARIABLE, "")) or language_of_locale(os.environ)
    return found if found == "en" or _shows_chinese(sys.stdout.encoding or "utf-8") else "en"


@cache
def _shows_chinese(encoding: str) -> bool:
    try:
        chr(CJK_IDEOGRAPH).encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True


def is_language_asked_for() -> bool:
    """Tell whether the user named a language, beyond his locale."""
    return bool(_chosen or language_of(os.environ.get(VARIABLE, "")))


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Have messages in a language for a while, whatever that of the process is."""
    token = _spoken_now.set(language)
    try:
        yield
    finally:
        _spoken_now.reset(token)


def english() -> AbstractContextManager[None]:
    """Have messages in English for a while: those for a log or a file."""
    return speaking("en")


def language_of_browser(accepted: str) -> Language:
    """Return the language of a page in a browser: the one that was asked for, else Chinese if its user reads it.

    Args:
        accepted: the header `Accept-Language`; a program that sends none is answered in English.
    """
    if not accepted:
        return "en"
    if is_language_asked_for():
        return _chosen or language_of(os.environ.get(VARIABLE, "")) or "en"
    tags = [part.partition(";")[0] for part in accepted.split(",")]
    return "zh" if "zh" in map(language_of, tags) else "en"


def translations() -> gettext.NullTranslations:
    """Return the catalogue of the language in which messages are shown now."""
    return _catalogue(chosen_language())


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    if language not in _CATALOGUES:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE_FOLDER, [_CATALOGUES[language]])
