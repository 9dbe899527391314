"""Bring the catalogues of messages in step with the code: `make messages`, or `python docs/make_messages.py`.

Reads every message that is marked in the code (`kolcrawl.locale`), adds new ones to each `kolcrawl.po` with an empty
translation, drops those that are no longer in the code, and compiles `kolcrawl.mo`. Then names what wants translating.
With `--check` nothing is written; the exit code is 1 if a file is not as it would be made, or a translation is missing.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "kolcrawl" / "locale"
ERRORS = (
    "ArgumentError", "ConfigError", "EmbeddedServerError", "EmptyDatabaseError", "KolcrawlError", "StoreError",
    "StoreRefusedError", "StoreUnavailableError", "UrlError", "FrontierError", "FrontierAwayError", "FrontierFullError",
    "FrontierGoneError", "OtherTermsError", "ExportError", "ServiceError", "UnmetArgumentError", "WrongSettingError",
    "NotFoundError", "UnknownDatabaseError",
)  # fmt: skip
HEADER = """\
# What kolcrawl shows on a terminal; `make messages` keeps it in step with the code.
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
KEYWORDS = {"tr": None, "mark": None, "Message": None, "trn": (1, 2)} | dict.fromkeys(ERRORS)
"""The functions whose first texts are messages; an error takes its message as `Message` does."""
LOG_METHODS = dict.fromkeys(("info", "warning", "error", "exception"))
"""Methods of loggers: their lines are shown on a terminal in its language."""
PACKAGES = ("kolcrawl", "pipelines", "spiders")
DIRECTIVE = re.compile(r"%(?:\(\w+\))?[-#0 +]*\d*(?:\.\d+)?[a-z]")
"""What the operator % fills in."""


def marked() -> Catalog:
    """Collect the messages of the code, in alphabetical order, each with the files that have it."""
    catalog = Catalog(charset="utf-8", fuzzy=False)
    with contextlib.redirect_stderr(io.StringIO()):  # it warns of errors that are made of f-strings, for logs alone
        for package in PACKAGES:
            for file, _, message, _, context in _extracted(package, KEYWORDS):
                catalog.add(message, None, [(f"{package}/{file}", 0)], context=context)
            for file, _, line, _, _ in _extracted(package, LOG_METHODS):
                if " " in DIRECTIVE.sub("", line):  # more than values: no word of another's `info`, either
                    catalog.add(line, None, [(f"{package}/{file}", 0)])
    return catalog


def _extracted(package: str, keywords: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    return extract_from_dir(ROOT / package, [("**.py", "python")], keywords=keywords)


def catalogue(path: Path) -> Catalog:
    """Read a catalogue, and bring it in step with the code."""
    with path.open("rb") as file:
        old = read_po(file, locale=path.parents[1].name)
    code = marked()
    new = Catalog(locale=old.locale, charset="utf-8", fuzzy=False)
    for message in code:
        if not message.id:
            continue
        known = old.get(message.id, message.context)
        places = sorted(set(message.locations))
        new.add(message.id, known.string if known else None, places, message.flags - {"fuzzy"}, context=message.context)
    return new


def as_po(catalog: Catalog, language: str) -> bytes:
    """Write a catalogue as text, with a header that has no dates: they would change it each time."""
    out = io.BytesIO()
    write_po(out, catalog, width=120, sort_output=True, include_lineno=False, omit_header=True)
    return HEADER.format(language=language, plural=catalog.plural_forms).encode() + out.getvalue()


class PlainCatalog(Catalog):
    """A catalogue whose header has no dates and no version of Babel, so that it is the same whenever it is made."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """What gettext reads to decode texts and to choose among plural forms."""
        return [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", self.plural_forms)]


def as_mo(catalog: Catalog) -> bytes:
    """Compile a catalogue."""
    plain = PlainCatalog(locale=catalog.locale, charset="utf-8", fuzzy=False)
    for message in catalog:
        if message.id and message.string:
            plain.add(message.id, message.string)
    out = io.BytesIO()
    write_mo(out, plain)
    return out.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    """List the messages without a translation."""
    lacking = (
        m for m in catalog if m.id and not (m.string and all([m.string] if isinstance(m.string, str) else m.string))
    )
    return [str(m.id) for m in lacking]


def main() -> int:
    """Write the catalogues, or check them."""
    check = "--check" in sys.argv[1:]
    wrong = 0
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/kolcrawl.po")):
        catalog = catalogue(path)
        for file, content in ((path, as_po(catalog, path.parents[1].name)), (path.with_suffix(".mo"), as_mo(catalog))):
            if check and (not file.exists() or file.read_bytes() != content):
                print(f"{file.relative_to(ROOT)} is out of step with the code: run make messages", file=sys.stderr)
                wrong += 1
            elif not check:
                file.write_bytes(content)
        for message in untranslated(catalog):
            print(f"{path.relative_to(ROOT)} lacks a translation of: {message}", file=sys.stderr)
            wrong += 1
    return 1 if wrong and check else 0


if __name__ == "__main__":
    sys.exit(main())
