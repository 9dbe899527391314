"""Make docs/settings.md and docs/settings.zh-CN.md from kolcrawl/settings.py: `python docs/make_settings.py`.

With `--check` nothing is written; the exit code is 1 if a file is not as it would be made. Reasons are the comments of
the settings; docs/settings.zh-CN.toml has each in Chinese, so a reason that changes needs a new translation.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from scrapy.settings import default_settings

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "kolcrawl" / "settings.py"
SECTION = "# --- "
INTRO = """\
# Settings

All settings that the project has or changes, as they stand in [kolcrawl/settings.py](../kolcrawl/settings.py), from
which this page is made. Change one for a single crawl by `-s NAME=VALUE`; what is read from the environment can be set
there, too. *Scrapy* marks Scrapy's own settings; those that are not listed have
[Scrapy's defaults](https://docs.scrapy.org/en/2.19/topics/settings.html). Secrets belong in the environment, so that no
command line shows them.
"""
HEAD = ("setting", "type", "default", "read by", "meaning, or reason for the value")


@dataclass(frozen=True)
class Setting:
    """One setting, or one component of a setting that lists components."""

    section: str
    name: str
    kind: str
    default: str
    reason: str
    readers: tuple[str, ...]
    """Modules that read it; empty for Scrapy's own."""


def settings() -> Iterator[Setting]:
    """Read all settings with their comments."""
    source = SOURCE.read_text(encoding="utf-8").replace('f"{BUNDLE}', '"')  # the names of a checkout
    comments = {
        token.start[0]: token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    sections = {line: text.removeprefix(SECTION) for line, text in comments.items() if text.startswith(SECTION)}
    for node in ast.parse(source).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target if is_annotated(node) else None
        if not isinstance(target, ast.Name) or node.value is None:
            continue
        section = sections[max(line for line in sections if line < node.lineno)]
        own = not hasattr(default_settings, target.id)
        if own and not is_annotated(node):
            raise SystemExit(f"{SOURCE}: {target.id} is ours and has no type")
        if isinstance(node.value, ast.Dict) and not own:
            yield Setting(section, f"`{target.id}`", "*Scrapy*", "", comment(comments, node), ())
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                yield Setting(section, f"· `{key.value}`", "", f"`{ast.unparse(value)}`", comment(comments, key), ())
            continue
        kind = f"`{ast.unparse(node.annotation)}`" if own else "*Scrapy*"
        reason = comment(comments, node)
        if own and not reason:
            raise SystemExit(f"{SOURCE}: {target.id} has no reason")
        yield Setting(section, f"`{target.id}`", kind, default(node.value), reason, readers(target.id) if own else ())


def is_annotated(node: ast.stmt) -> bool:
    """Check whether a statement is an assignment with a type."""
    return isinstance(node, ast.AnnAssign)


def comment(comments: dict[int, str], node: ast.expr | ast.stmt) -> str:
    """Join the comment lines above a node, sections left out, and the comment behind its last line."""
    above: list[str] = []
    line = node.lineno - 1
    source = SOURCE.read_text(encoding="utf-8").splitlines()
    while line in comments and source[line - 1].lstrip().startswith("#") and not comments[line].startswith(SECTION):
        above.insert(0, comments[line])
        line -= 1
    behind = [comments[node.end_lineno]] if node.end_lineno in comments else []
    return " ".join(text.removeprefix("#").strip() for text in (*above, *behind))


def default(value: ast.expr) -> str:
    """Show a default: what comes from the environment by the name of its variable."""
    text = ast.unparse(value)
    if text.startswith("os.environ.get("):
        name, *otherwise = (ast.unparse(part).strip("'") for part in value.args)
        return f"`${name}`" + (f", else `{otherwise[0]}`" if otherwise else "")
    return f"`{text}`"


@cache
def texts_by_module() -> dict[str, list[str]]:
    """Collect the string constants of all modules, docstrings among them."""
    found = {}
    for package in ("kolcrawl", "pipelines", "spiders"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if path != SOURCE:
                module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                constants = [node.value for node in nodes if isinstance(node, ast.Constant)]
                found[module] = [value for value in constants if isinstance(value, str)]
    return found


def readers(name: str) -> tuple[str, ...]:
    """Find the modules that ask for a setting by its name, or say in a docstring that they read it."""
    said = re.compile(rf"\bReads? [^:]*\b{name}\b")
    found = tuple(
        module
        for module, texts in texts_by_module().items()
        if any(text == name or said.search(text) for text in texts)
    )
    if not found:
        raise SystemExit(f"{SOURCE}: nobody reads {name}")
    return found


def page(rows: list[Setting], translate: Callable[[str], str]) -> str:
    """Make one document.

    Args:
        translate: gives a text in the language of the document.
    """
    parts = [translate(INTRO)]
    for section, found in groupby(rows, key=lambda row: row.section):
        title = translate(section)
        parts.append(
            f"\n## {title[0].upper()}{title[1:]}\n\n| {' | '.join(map(translate, HEAD))} |\n|---|---|---|---|---|\n"
        )
        for row in found:
            reason = translate(row.reason) if row.reason else ""
            by = ", ".join(f"`{name}`" for name in row.readers)
            cells = (row.name, row.kind, row.default, by, reason)
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return "".join(parts)


def main() -> int:
    """Write both documents, or compare them; returns the exit code."""
    rows = list(settings())
    texts = tomllib.loads((ROOT / "docs" / "settings.zh-CN.toml").read_text(encoding="utf-8"))["text"]
    chinese = {text["en"]: text["zh"] for text in texts}
    used: set[str] = set()

    def in_chinese(text: str) -> str:
        used.add(text)
        if text not in chinese:
            raise SystemExit(f"docs/settings.zh-CN.toml has no Chinese for: {text}")
        return str(chinese[text])

    made = {"settings.md": page(rows, str), "settings.zh-CN.md": page(rows, in_chinese)}
    if unused := chinese.keys() - used:
        raise SystemExit(f"docs/settings.zh-CN.toml translates what is not there: {min(unused)}")
    if "--check" in sys.argv[1:]:
        old = [name for name, text in made.items() if (ROOT / "docs" / name).read_text(encoding="utf-8") != text]
        if old:
            print(f"{', '.join(old)}: run python docs/make_settings.py", file=sys.stderr)
        return bool(old)
    for name, text in made.items():
        (ROOT / "docs" / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
