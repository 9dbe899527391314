"""Help texts of commands: wrapped and underlined by the columns that they take on a terminal, whatever the script."""

from __future__ import annotations

import wcwidth
from scrapy.commands import ScrapyHelpFormatter

from kolcrawl.cli.terminal import columns
from kolcrawl.locale import tr

ENGLISH_USAGE = "usage: "  # what Scrapy looks for, to make a heading of it


class CommandHelp(ScrapyHelpFormatter):
    """Scrapy's help, for languages whose characters take two columns and whose words are not parted by blanks."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wcwidth.wrap(" ".join(text.split()), width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = [line for part in text.split("\n") for line in self._wrapped(part, width - len(indent))]
        return "\n".join(indent + line for line in lines)

    @staticmethod
    def _wrapped(line: str, width: int) -> list[str]:
        """Wrap one line of a text; one that is set in goes on under its second column."""
        set_in = len(line) - len(line.lstrip())
        if not set_in:
            return wcwidth.wrap(" ".join(line.split()), width)
        name, _, meaning = line.strip().partition("  ")
        column = columns(line) - columns(meaning.lstrip())
        first, *rest = wcwidth.wrap(meaning.strip(), max(width - column, 20)) or [""]
        return [f"{' ' * set_in}{name}".ljust(column) + first, *(" " * column + part for part in rest)]

    def format_part_strings(self, part_strings: list[str]) -> list[str]:
        """Underline the headings over their whole width."""
        usage = tr(ENGLISH_USAGE)
        if part_strings and part_strings[0].startswith(usage):
            part_strings[0] = ENGLISH_USAGE + part_strings[0].removeprefix(usage)
        parts = super().format_part_strings(part_strings)
        for at, part in enumerate(parts[1:], 1):
            if part.strip("\n") and not part.strip("\n=-"):
                parts[at] = f"\n{part[1] * columns(parts[at - 1])}\n"
        if parts and parts[0].startswith("Usage\n=====\n"):
            heading = tr("Usage")
            parts[0] = f"{heading}\n{'=' * columns(heading)}\n" + parts[0].removeprefix("Usage\n=====\n")
        return parts
