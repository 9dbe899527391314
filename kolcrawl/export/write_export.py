"""Write an export: the formats by name, and files that are written whole or not at all.

Knows the rows of `selection` and how files are written whole or not at all; each format knows only itself. A new
format is a file with `write(part, *files)` and a line in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kolcrawl.errors import ArgumentError, KolcrawlError
from kolcrawl.export.manifest import manifest, manifest_text
from kolcrawl.export.measures import MEASURES, add_measures
from kolcrawl.locale import os_reason
from kolcrawl.network.selection import Part, Selection, SelectionCounts
from kolcrawl.system.files import replacing

if TYPE_CHECKING:
    from kolcrawl.network import Network

__all__ = ["FORMATS", "MEASURES", "PICTURES", "ExportError", "Part", "Selection", "export"]


class ExportError(KolcrawlError):
    """A file cannot be written (raised by `kolcrawl.export`)."""


@dataclass(frozen=True, slots=True)
class Format:
    """The function that writes a format, and its files."""

    module: str
    function: str = "write"
    tables: tuple[str, ...] = ()
    """Names of its files where it takes several."""


FORMATS: Mapping[str, Format] = {
    "gexf": Format("kolcrawl.export.gexf"),
    "graphml": Format("kolcrawl.export.graphml"),
    "csv": Format("kolcrawl.export.csv", tables=("nodes", "edges")),
    "xlsx": Format("kolcrawl.export.xlsx"),
    "jsonl": Format("kolcrawl.export.jsonl"),
    "parquet": Format("kolcrawl.network.frames", "write_parquet", tables=("nodes", "edges")),
}
PICTURES = frozenset({"gexf"})
"""Formats that hold where a node stands and how it looks."""


def export(
    network: Network,
    selection: Selection,
    path: Path,
    form: str | None = None,
    *,
    measures: Sequence[str] = (),
    picture: bool = False,
    watch: Callable[[SelectionCounts], None] | None = None,
) -> dict[str, Any]:
    """Write a part of the network to files, and a manifest beside them; all of them or none.

    A format of two tables writes `nodes.csv` and `edges.csv` into `path` when that is a folder or has no suffix,
    else `NAME.nodes.csv` and `NAME.edges.csv` beside it.

    Args:
        network: where from; `network.as_of(...)` and `network.of_crawl(...)` narrow it.
        selection: which part.
        path: the file to write.
        form: one of `FORMATS`; None guesses it from the file's name.
        measures: names of `MEASURES` that are computed as further columns of the nodes.
        picture: give the nodes of a format that can hold them places, sizes and colours.
        watch: called for each story and link that is read.

    Returns: the manifest, and its file's name as `manifest`.

    Raises:
        ArgumentError: no such format or measure, or the name shows no format; a seed is unknown; the part is too large.
        ConfigError: the format, a measure or the picture needs a library that is not installed.
        ExportError: a file cannot be written.
    """
    form = form or _guess(path)
    if form not in FORMATS:
        raise ArgumentError("--format {form}: there are {known}", form=form, known=", ".join(FORMATS))
    write = getattr(import_module(FORMATS[form].module), FORMATS[form].function)
    part = network.part(selection)
    part.watch = watch
    has_picture = add_measures(part, measures, picture=picture and form in PICTURES)
    files, notes = _targets(path, form)
    try:
        with replacing([*files, notes]) as (*outs, note):
            write(part, *outs)
            for out in outs:
                out.flush()
            written = {file.name: Path(out.name) for file, out in zip(files, outs, strict=True)}
            content = manifest(network, part, form, written, measures=measures, has_picture=has_picture)
            note.write(manifest_text(content))
    except OSError as error:
        raise ExportError("{path} cannot be written: {reason}", path=path, reason=os_reason(error)) from None
    return content | {"manifest": notes.name}


def _guess(path: Path) -> str:
    form = path.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        raise ArgumentError("{path}: name it with .{known}, or give --format", path=path, known=", .".join(FORMATS))
    return form


def _targets(path: Path, form: str) -> tuple[list[Path], Path]:
    tables = FORMATS[form].tables
    if not tables:
        return [path], path.with_name(f"{path.name}.manifest.json")
    if path.is_dir() or not path.suffix:
        return [path / f"{table}.{form}" for table in tables], path / "manifest.json"
    files = [path.with_name(f"{path.stem}.{table}.{form}") for table in tables]
    return files, path.with_name(f"{path.name}.manifest.json")
