"""Messages with values: English as they are written, Chinese by the catalogue."""

from __future__ import annotations

import re
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING, Any, Self

from kolcrawl.locale.language import translations

if TYPE_CHECKING:
    from collections.abc import Iterable


class Message(str):
    """A message with its values filled in: the English as text, and `shown` gives it in the chosen language.

    Values may be messages, or errors that carry one; they are translated with it.
    """

    __slots__ = ("template", "values")
    template: str
    values: dict[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Fill in the values.

        Args:
            template: the English, with names in braces.
            values: by these names.
        """
        if isinstance(template, cls) and not values:
            return template
        self = super().__new__(cls, template.format(**values) if values else template)
        self.template, self.values = template, values
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        """Let it be pickled."""
        return (self.template,), self.values


def mark(message: str) -> str:
    """Mark a text for the catalogue, and leave it as it is."""
    return message


def tr(message: str, /, **values: object) -> str:
    """Give a message in the language that is shown now.

    Args:
        message: the English, with names in braces.
        values: by these names; without any, the text is taken as it is.
    """
    return _filled(translations().gettext(message), values)


def trn(one: str, many: str, n: int, /, **values: object) -> str:
    """Give a message about a number of things in the language that is shown now; `{n}` is the number.

    Args:
        one: the English for one thing.
        many: the English for any other number.
        n: how many.
        values: further values, by their names in braces.
    """
    return _filled(translations().ngettext(one, many, n), {"n": n, **values})


def shown(value: object) -> str:
    """Give a message, or an error that carries one, in the language that is shown now; others as text."""
    if isinstance(value, BaseException) and value.args and isinstance(value.args[0], Message):
        value = value.args[0]
    if isinstance(value, Message):
        return tr(value.template, **value.values)
    return str(value)


def translate_stored(text: str, templates: Iterable[str]) -> str:
    """Translate a text that was stored in English.

    Args:
        text: as it was stored.
        templates: of which one may have made it.

    Returns: the text in the language that is shown now; as it is where no template fits.
    """
    for template in templates:
        if found := _pattern(template).fullmatch(text):
            return tr(
                template, **{name: translate_stored(value, templates) for name, value in found.groupdict().items()}
            )
    return text


def _filled(text: str, values: dict[str, Any]) -> str:
    if not values:
        return text
    return text.format(**{name: _translated(value) for name, value in values.items()})


def _translated(value: object) -> object:
    return shown(value) if isinstance(value, (Message, BaseException)) else value


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """Make the pattern of the texts that a template gives."""
    parts = Formatter().parse(template)
    values = {"n": r"\d+", "total": r"\d+"}  # numbers; all else may be any text
    pattern = ""
    for text, name, _, _ in parts:
        pattern += re.escape(text) + (f"(?P<{name}>{values.get(name, '.+?')})" if name else "")
    return re.compile(pattern, re.DOTALL)
