"""The network as files for other programs. Entry point: `export(network, selection, path)`.

Knows the rows of `kolcrawl.network.selection` and how files are written whole or not at all; each format knows only
itself. A new format is a file with `write(part, *files)` and a line in `write_export.FORMATS`.
"""

from __future__ import annotations

from kolcrawl.export.write_export import FORMATS, MEASURES, PICTURES, ExportError, export
from kolcrawl.network.selection import Part, Selection

__all__ = ["FORMATS", "MEASURES", "PICTURES", "ExportError", "Part", "Selection", "export"]
