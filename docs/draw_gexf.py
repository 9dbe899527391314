"""Draw an exported GEXF file as an SVG picture, by the places, sizes and colours that the file itself holds.

python docs/draw_gexf.py network.gexf docs/images/gephi.svg
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

NAMESPACES = {"g": "http://gexf.net/1.3", "viz": "http://gexf.net/1.3/viz"}
LABELS = 14  # of the largest nodes
MARGIN = 40.0
FONT_SIZE = 15
LABEL_CHARS = 34


def nodes_of(tree: Any) -> dict[str, dict[str, Any]]:
    """Read the nodes: label, place, diameter and colour; the file has y upwards, a picture downwards."""
    found = {}
    for node in tree.iterfind(".//g:node", NAMESPACES):
        size, place, color = (node.find(f"viz:{name}", NAMESPACES) for name in ("size", "position", "color"))
        found[node.get("id")] = {
            "label": node.get("label"),
            "x": float(place.get("x")),
            "y": -float(place.get("y")),
            "size": float(size.get("value")),
            "color": "#{:02x}{:02x}{:02x}".format(*(int(color.get(channel)) for channel in "rgb")),
        }
    return found


def svg(nodes: dict[str, dict[str, Any]], edges: list[tuple[str, str]]) -> str:
    """Draw edges below, nodes above them, and the labels of the largest nodes where they cover no other label."""
    xs, ys = [node["x"] for node in nodes.values()], [node["y"] for node in nodes.values()]
    left, top = min(xs) - MARGIN, min(ys) - MARGIN
    width, height = max(xs) - left + 8 * MARGIN, max(ys) - top + MARGIN
    box = f'x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}"'
    view = f'viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}" font-family="sans-serif" font-size="{FONT_SIZE}"'
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {view}>', f'<rect {box} fill="#fff"/>']
    for source, target in edges:
        a, b = nodes[source], nodes[target]
        way = f"M{a['x']:.0f} {a['y']:.0f}L{b['x']:.0f} {b['y']:.0f}"
        lines.append(f'<path d="{way}" stroke="{a["color"]}" stroke-opacity=".5"/>')
    ranked = sorted(nodes.values(), key=lambda node: (-node["size"], node["label"]))
    lines += [
        f'<circle cx="{node["x"]:.1f}" cy="{node["y"]:.1f}" r="{node["size"] / 2:.1f}" fill="{node["color"]}"/>'
        for node in ranked
    ]
    shown: list[tuple[float, float, float]] = []
    for node in ranked:
        label = node["label"] if len(node["label"]) <= LABEL_CHARS else node["label"][: LABEL_CHARS - 1] + "…"
        start, end = node["x"], node["x"] + node["size"] + sum(0.6 + 0.4 * (c > "\u2e80") for c in label) * FONT_SIZE
        free = all(abs(node["y"] - y) > FONT_SIZE or end < left or right < start for left, right, y in shown)
        if len(shown) < LABELS and free:
            shown.append((start, end, node["y"]))
            lines.append(
                f'<text x="{node["x"] + node["size"] / 2 + 3:.0f}" y="{node["y"] + FONT_SIZE / 3:.0f}"'
                f' stroke="#fff" stroke-width="3" paint-order="stroke">{escape(label)}</text>'
            )
    return "\n".join([*lines, "</svg>", ""])


def main() -> None:
    """Read the file, write the picture."""
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    tree = etree.parse(sys.argv[1], etree.XMLParser(resolve_entities=False))
    edges = [(edge.get("source"), edge.get("target")) for edge in tree.iterfind(".//g:edge", NAMESPACES)]
    Path(sys.argv[2]).write_text(svg(nodes_of(tree), edges), encoding="utf-8")


if __name__ == "__main__":
    main()
