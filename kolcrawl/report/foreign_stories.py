"""Stories in other languages than the seeds': words cannot tell whether they are on the topic, only names can. Pure.

The topic is made of the seeds' words, so a story in another language is judged by the little that the languages share,
and comes out as off the topic. Names that `about` should hold are proposed: those in Latin letters that the seeds have,
then those that several stories of the language share.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from kolcrawl.locale import Message, mark
from kolcrawl.text.scripts import script_of

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem

ON_TOPIC: Final = 0.5
MIN_FOREIGN_STORIES: Final = 3
"""Stories in other languages from which something is said."""
MAX_LANGUAGES: Final = 30
MAX_SHOWN_LANGUAGES: Final = 5
MAX_NAMES: Final = 3
READ_CHARS: Final = 3_000
"""Characters of a text in which names are looked for."""
MAX_KEPT_NAMES: Final = 2_000

UNJUDGED: Final = mark(
    "{n} stories are in other languages than the seeds' ({languages}), and words cannot tell whether they are on the"
    " topic: name the affair in these languages, too, with -a about='...'"
)
UNJUDGED_NAMES: Final = mark(
    "{n} stories are in other languages than the seeds' ({languages}), and words cannot tell whether they are on the"
    " topic: name the affair in these languages, too, such as -a about='{names}'"
)
STORED_NOTES: Final = (UNJUDGED_NAMES, UNJUDGED)
"""What stands in the document of a crawl, in English."""

_NAME: Final = r"[A-Z][A-Za-z0-9]+(?:-[A-Z][A-Za-z0-9]*)*|[A-Z](?:-[A-Z][a-z]+)+"
_AMONG_LATIN: Final = re.compile(rf"(?<=[a-z,;:] )(?:{_NAME})")
"""A word with a capital in mid-sentence."""
_AMONG_OTHERS: Final = re.compile(rf"(?<![A-Za-z])(?:{_NAME})")
"""A word in Latin letters in a text of another script."""


class ForeignStories:
    """The languages of a crawl's stories, and the names in them."""

    def __init__(self) -> None:
        self._seed_languages: set[str] = set()
        self._seed_names: Counter[str] = Counter()
        self._low: Counter[str] = Counter()
        self._scripts: dict[str, str] = {}
        self._names: dict[str, Counter[str]] = {}

    def add(self, item: StoryItem) -> None:
        """Take in a story that was read."""
        language = (item.lang or "").partition("-")[0]
        if not language:
            return
        text = f"{item.title or ''}\n{(item.text or '')[:READ_CHARS]}"
        if item.discovered_kind == "seed":
            self._seed_languages.add(language)
            self._seed_names.update(_names_in(text))
        elif (item.relevance or 0.0) < ON_TOPIC and (language in self._low or len(self._low) < MAX_LANGUAGES):
            self._low[language] += 1
            self._scripts.setdefault(language, _script(text))
            names = self._names.setdefault(language, Counter())
            if len(names) < MAX_KEPT_NAMES:
                names.update(_names_in(text))

    def notes(self, about: str | None) -> list[str]:
        """Say in which languages stories could not be judged, and what to name.

        Args:
            about: the words that the user gave; a language in whose script they have words was thought of.

        Returns: one line, or none.
        """
        named_scripts = {script_of(word) for word in (about or "").split()}
        low = {
            language: n
            for language, n in sorted(self._low.items(), key=lambda row: (-row[1], row[0]))
            if language not in self._seed_languages and self._scripts[language] not in named_scripts
        }
        total = sum(low.values())
        if not self._seed_languages or total < MIN_FOREIGN_STORIES:
            return []
        languages = ", ".join(f"{language} {n}" for language, n in list(low.items())[:MAX_SHOWN_LANGUAGES])
        names = [name for name, _ in self._seed_names.most_common(MAX_NAMES)]
        for language in low:
            names += [name for name, stories in self._names[language].most_common(MAX_NAMES) if stories > 1]
        if names:
            about = " ".join(list(dict.fromkeys(names))[:MAX_NAMES])
            return [Message(UNJUDGED_NAMES, n=total, languages=languages, names=about)]
        return [Message(UNJUDGED, n=total, languages=languages)]


def _names_in(text: str) -> list[str]:
    """Collect what looks like names in Latin letters, each once, in their order."""
    return list(dict.fromkeys((_AMONG_LATIN if _script(text) == "latin" else _AMONG_OTHERS).findall(text)))


def _script(text: str) -> str:
    letters = Counter(script_of(letter) for letter in text[:400] if letter.isalpha())
    return letters.most_common(1)[0][0] if letters else "latin"
