"""GEXF 1.3 (https://gexf.net), for Gephi: a dynamic graph with a time line.

A node begins when the story came into the world: its publication, or when it was first seen if that is unknown
or later. A link begins when it was first seen and, once it is no longer on the page, ends when it was last seen.
Parallel links of several kinds are kept apart by the `kind` of the edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from lxml import etree

from kolcrawl.export.xml import xml_text

if TYPE_CHECKING:
    from kolcrawl.export.selection import Column, Part, Row

NAMESPACE = "http://gexf.net/1.3"
SCHEMA = "http://gexf.net/1.3 http://gexf.net/1.3/gexf.xsd"
TYPES = {"string": "string", "integer": "integer", "double": "double", "boolean": "boolean", "time": "string"}
OWN = {"id", "source", "target"}  # attributes of the element itself


def write(part: Part, file: BinaryIO) -> None:
    """Write the nodes, then the edges."""
    with etree.xmlfile(file, encoding="utf-8") as xml:
        xml.write_declaration()
        location = {"{http://www.w3.org/2001/XMLSchema-instance}schemaLocation": SCHEMA, "version": "1.3"}
        prefixes = {None: NAMESPACE, "xsi": "http://www.w3.org/2001/XMLSchema-instance"}
        with xml.element(_tag("gexf"), location, nsmap=prefixes):
            xml.write("\n")
            with xml.element(_tag("meta")):
                xml.write(_leaf("creator", "kolcrawl"), _leaf("description", "Network of linked stories"))
            xml.write("\n")
            graph = {"defaultedgetype": "directed", "mode": "dynamic", "timeformat": "dateTime"}
            with xml.element(_tag("graph"), graph):
                xml.write("\n", _columns("node", part.node_columns), "\n", _columns("edge", part.edge_columns))
                with xml.element(_tag("nodes")):
                    for row in part.nodes():
                        xml.write("\n", _node(row, part.node_columns))
                with xml.element(_tag("edges")):
                    for number, row in enumerate(part.edges()):
                        xml.write("\n", _edge(number, row, part.edge_columns))


def _columns(kind: str, columns: Sequence[Column]) -> etree._Element:
    table = etree.Element(_tag("attributes"), {"class": kind, "mode": "static"})
    for column in columns:
        if column.name not in OWN:
            etree.SubElement(table, _tag("attribute"), id=column.name, title=column.name, type=TYPES[column.type])
    return table


def _node(row: Row, columns: Sequence[Column]) -> etree._Element:
    begin = min(row["published_at"] or row["first_seen"], row["first_seen"])
    node = etree.Element(_tag("node"), id=row["id"], label=xml_text(row["title"] or row["url"]), start=xml_text(begin))
    return _with_values(node, row, columns)


def _edge(number: int, row: Row, columns: Sequence[Column]) -> etree._Element:
    ends = {"source": row["source"], "target": row["target"], "kind": xml_text(row["kind"])}
    life = {"start": xml_text(row["first_seen"])} | ({} if row["active"] else {"end": xml_text(row["last_seen"])})
    return _with_values(etree.Element(_tag("edge"), {"id": str(number), **ends, **life}), row, columns)


def _with_values(element: etree._Element, row: Row, columns: Sequence[Column]) -> etree._Element:
    values = etree.SubElement(element, _tag("attvalues"))
    for name, *_ in columns:
        value: Any = row[name]
        if value is not None and name not in OWN:
            etree.SubElement(values, _tag("attvalue"), {"for": name, "value": xml_text(value)})
    return element


def _leaf(name: str, text: str) -> etree._Element:
    leaf = etree.Element(_tag(name))
    leaf.text = text
    return leaf


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
