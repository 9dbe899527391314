"""What is said to the person at the terminal, in English or in Chinese.

The English is the message itself, so a reader of the code reads what is shown. `tr` and `trn` give it in the chosen
language where it is printed. `Message` is an English text that can be given in the other language later: errors and
judgements that are also logged, stored and sent carry one. `mark` only marks a text for the catalogue, where it is
translated later, by `tr` of a variable.

What goes into files, JSON, logs and the database is never translated: it must not depend on who ran the program. Mails,
which a person reads, are in the language of the process that sends them. Catalogues are those of gettext
(`zh_CN/LC_MESSAGES/kolcrawl.po`); `make messages` brings them in step.
"""

from __future__ import annotations

from kolcrawl.locale.borrowed import os_reason
from kolcrawl.locale.language import (
    LANGUAGES,
    Language,
    chosen_language,
    english,
    is_language_asked_for,
    language_of_browser,
    note_options,
    set_language,
    speaking,
)
from kolcrawl.locale.messages import Message, mark, shown, tr, translate_stored, trn
from kolcrawl.locale.times import clock, zone_name
from kolcrawl.locale.words import listed, word

__all__ = [
    "LANGUAGES",
    "Language",
    "Message",
    "chosen_language",
    "clock",
    "english",
    "is_language_asked_for",
    "language_of_browser",
    "listed",
    "mark",
    "note_options",
    "os_reason",
    "set_language",
    "shown",
    "speaking",
    "tr",
    "translate_stored",
    "trn",
    "word",
    "zone_name",
]
