"""GEXF 1.3 (https://gexf.net), for Gephi: a dynamic graph with a time line.

A node begins when the story came into the world: its publication, or when it was first seen if that is unknown
or later; one that is gone ends when its page was last had, or at the latest visit if it never was. A link begins when
it was first seen, or, by the selection's `edge_time`, when both its stories were published; once it is no longer on the
page, it ends when it was last seen. An edge weighs as many links as it stands for.
Where they have been computed (`measures`), nodes have places, sizes and colours, so that the file opens as a picture.
Parallel links of several kinds are kept apart by the `kind` of the edge. Times are to the second; `timeformat` is
`date` all the same, which Gephi takes only as how to show them, since networkx cannot read a graph of `dateTime`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from lxml import etree

from kolcrawl.export.xml import xml_text

if TYPE_CHECKING:
    from kolcrawl.export.measures import Appearance
    from kolcrawl.network.selection import Column, Part, Row

GEXF_NAMESPACE = "http://gexf.net/1.3"
GEXF_TYPES = {"string": "string", "integer": "integer", "double": "double", "boolean": "boolean", "time": "string"}
VIZ_NAMESPACE = "http://gexf.net/1.3/viz"
VIZ = f"{{{VIZ_NAMESPACE}}}"
GEXF_OWN = {"id", "source", "target", "weight"}  # attributes of the element itself


def write(part: Part, file: BinaryIO) -> None:
    """Write the nodes, then the edges."""
    with etree.xmlfile(file, encoding="utf-8") as xml:
        xml.write_declaration()
        # only the root names the namespaces: thus its elements inherit them, and no row repeats them
        with xml.element("gexf", {"version": "1.3"}, nsmap={None: GEXF_NAMESPACE, "viz": VIZ_NAMESPACE}):
            xml.write("\n")
            with xml.element("meta"):
                xml.write(_leaf("creator", "kolcrawl"), _leaf("description", "Network of linked stories"))
            xml.write("\n")
            graph = {"defaultedgetype": "directed", "mode": "dynamic", "timeformat": "date"}
            with xml.element("graph", graph):
                xml.write("\n", _columns("node", part.node_columns), "\n", _columns("edge", part.edge_columns))
                with xml.element("nodes"):
                    for row in part.nodes():
                        _write_node(xml, row, part)
                with xml.element("edges"):
                    for number, row in enumerate(part.edges()):
                        xml.write("\n", _edge(number, row, part))


def _columns(kind: str, columns: Sequence[Column]) -> etree._Element:
    table = etree.Element("attributes", {"class": kind, "mode": "static"})
    for column in columns:
        if column.name not in GEXF_OWN:
            etree.SubElement(table, "attribute", id=column.name, title=column.name, type=GEXF_TYPES[column.type])
    return table


def _write_node(xml: Any, row: Row, part: Part) -> None:
    node = _node(row, part)
    xml.write("\n")
    looks: Appearance | None = row.get("appearance")
    if looks is None:
        xml.write(node)
        return
    red, green, blue = (str(int(looks.color[place : place + 2], 16)) for place in (1, 3, 5))
    with xml.element("node", {str(name): str(value) for name, value in node.attrib.items()}):
        xml.write(*node)
        for name, values in (
            ("size", {"value": str(looks.size)}),
            ("position", {"x": str(looks.x), "y": str(looks.y), "z": "0"}),
            ("color", {"r": red, "g": green, "b": blue}),
        ):
            with xml.element(VIZ + name, values):
                pass


def _node(row: Row, part: Part) -> etree._Element:
    begin = min(row["published_at"] or row["first_seen"], row["first_seen"])
    node = etree.Element("node", id=row["id"], label=xml_text(row["title"] or row["url"]), start=xml_text(begin))
    if row.get("status") == "gone" and (end := row["fetched_at"] or part.found_gone.get(row["id"])):
        node.set("end", xml_text(max(end, begin)))
    return _with_values(node, row, part.node_columns)


def _edge(number: int, row: Row, part: Part) -> etree._Element:
    ends = {"source": row["source"], "target": row["target"], "kind": xml_text(row["kind"])}
    begin = row["first_seen"]
    if part.selection.edge_time == "published" and row["published_at"]:
        begin = min(begin, row["published_at"])
    life = {"start": xml_text(begin)} | ({} if row["active"] else {"end": xml_text(row["last_seen"])})
    edge = etree.Element("edge", {"id": str(number), **ends, **life, "weight": str(row["weight"])})
    return _with_values(edge, row, part.edge_columns)


def _with_values(element: etree._Element, row: Row, columns: Sequence[Column]) -> etree._Element:
    values = etree.SubElement(element, "attvalues")
    for name, *_ in columns:
        value: Any = row[name]
        if value is not None and name not in GEXF_OWN:
            etree.SubElement(values, "attvalue", {"for": name, "value": xml_text(value)})
    return element


def _leaf(name: str, text: str) -> etree._Element:
    leaf = etree.Element(name)
    leaf.text = text
    return leaf
