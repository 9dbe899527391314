"""GraphML (http://graphml.graphdrawing.org), for networkx, igraph, yEd and R: every column is a typed key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

from lxml import etree

from kolcrawl.export.xml import xml_text

if TYPE_CHECKING:
    from kolcrawl.network.selection import Column, Part, Row

GRAPHML_NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
GRAPHML_TYPES = {"string": "string", "integer": "int", "double": "double", "boolean": "boolean", "time": "string"}
GRAPHML_OWN = {"id", "source", "target"}  # attributes of the element itself


def write(part: Part, file: BinaryIO) -> None:
    """Write the nodes, then the edges."""
    with etree.xmlfile(file, encoding="utf-8") as xml:
        xml.write_declaration()
        with xml.element("graphml", nsmap={None: GRAPHML_NAMESPACE}):
            for prefix, domain, columns in (("n", "node", part.node_columns), ("e", "edge", part.edge_columns)):
                for name, kind in columns:
                    if name not in GRAPHML_OWN:
                        key = {
                            "id": f"{prefix}_{name}",
                            "for": domain,
                            "attr.name": name,
                            "attr.type": GRAPHML_TYPES[kind],
                        }
                        xml.write("\n", etree.Element("key", key))
            xml.write("\n")
            with xml.element("graph", id="stories", edgedefault="directed"):
                for row in part.nodes():
                    node = etree.Element("node", id=row["id"])
                    xml.write("\n", _with_values(node, "n", row, part.node_columns))
                for number, row in enumerate(part.edges()):
                    ends = {"id": f"e{number}", "source": row["source"], "target": row["target"]}
                    xml.write("\n", _with_values(etree.Element("edge", ends), "e", row, part.edge_columns))


def _with_values(element: etree._Element, prefix: str, row: Row, columns: Sequence[Column]) -> etree._Element:
    for name, *_ in columns:
        if row[name] is not None and name not in GRAPHML_OWN:
            etree.SubElement(element, "data", key=f"{prefix}_{name}").text = xml_text(row[name])
    return element
