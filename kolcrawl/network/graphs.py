"""The network as a networkx or igraph graph (extra `export`): directed, parallel links kept, columns as attributes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from kolcrawl.network.extras import need
from kolcrawl.network.selection import allowed_in_xml, time_text

if TYPE_CHECKING:
    import igraph as ig
    import networkx as nx

    from kolcrawl.network.selection import Part, Row


def networkx(part: Part) -> nx.MultiDiGraph:
    """Return a `MultiDiGraph`: nodes by story key, edges by kind.

    Attributes are texts, numbers and booleans, as networkx writes them to files: times are ISO 8601 in UTC; what is
    not known is left out, and so are characters that XML forbids.
    """
    graph = need("networkx").MultiDiGraph()
    for row in part.nodes():
        graph.add_node(row.pop("id"), **_attributes(row))
    for row in part.edges():
        graph.add_edge(row.pop("source"), row.pop("target"), row["kind"], **_attributes(row))
    return graph


def _attributes(row: Row) -> Row:
    return {name: _attribute(value) for name, value in row.items() if value is not None}


def _attribute(value: object) -> object:
    if isinstance(value, datetime):
        return time_text(value)
    return allowed_in_xml(value) if isinstance(value, str) else value


def igraph(part: Part) -> ig.Graph:
    """Return a directed `Graph`; the story key is the vertex attribute `name`."""
    nodes, edges = list(part.nodes()), list(part.edges())
    place = {row["id"]: number for number, row in enumerate(nodes)}
    names = [("name" if c.name == "id" else c.name, c.name) for c in part.node_columns]
    return need("igraph").Graph(
        n=len(nodes),
        edges=[(place[row["source"]], place[row["target"]]) for row in edges],
        directed=True,
        vertex_attrs={name: [row[column] for row in nodes] for name, column in names},
        edge_attrs={c.name: [row[c.name] for row in edges] for c in part.edge_columns[2:]},
    )
