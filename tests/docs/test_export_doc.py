"""docs/export.md: its options are those of the command, its columns those of the files, its example runs."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from kolcrawl import network as reader
from kolcrawl.cli.selection_options import add_options
from kolcrawl.export import FORMATS
from kolcrawl.network import Network
from kolcrawl.network.selection import EDGE_COLUMNS, NODE_COLUMNS, TEXT_COLUMN
from tests.small_network import AFTER, SEED

if TYPE_CHECKING:
    import pytest

DOC = (Path(__file__).parents[2] / "docs" / "export.md").read_text(encoding="utf-8")


def test_every_option_is_told() -> None:
    """The document names all options, and no other."""
    parser = argparse.ArgumentParser(add_help=False)
    add_options(parser)
    options = {name for action in parser._actions for name in action.option_strings}
    assert set(re.findall(r"--[a-z][a-z-]+", DOC.partition("## Size")[0])) == options | {
        "--format",
        "--measures",
        "--no-picture",
    }
    assert all(f"`X.{form}`" in DOC for form in FORMATS)


def test_every_column_is_told() -> None:
    """The document names all columns of nodes and edges."""
    nodes, edges = (re.findall(rf"\*\*{name}\*\*: (.*?)\n\n", DOC, re.DOTALL)[0] for name in ("Nodes", "Edges"))
    assert {column.name for column in (*NODE_COLUMNS, TEXT_COLUMN)} <= set(re.findall(r"`(\w+)`", nodes))
    assert {column.name for column in EDGE_COLUMNS} == set(re.findall(r"`(\w+)`", edges))


def test_the_example_runs(affair: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python example runs as printed, on the small network."""
    monkeypatch.setattr(reader, "open_network", lambda: Network(affair.db.client.get_database("affair")))
    monkeypatch.setattr(Network, "close", lambda self: None)
    names = {"url": SEED, "moment": AFTER}
    exec(re.findall(r"```python\n(.*?)```", DOC, re.DOTALL)[0], names)
    assert (len(names["graph"]), len(names["stories"]), names["march"].vcount()) == (8, 6, 10)  # type: ignore[arg-type,attr-defined]
