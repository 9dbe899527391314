// The map as a picture or a drawing, saved by the browser.
import type { MapRenderer } from "./renderer";
import { svgNode } from "./shapes";

export function savePng(renderer: MapRenderer): void {
  renderer.picture(2).toBlob((blob) => blob && save(blob, "network.png"), "image/png");
}

export function saveSvg(renderer: MapRenderer): void {
  save(new Blob([drawing(renderer)], { type: "image/svg+xml" }), "network.svg");
}

export function drawing(renderer: MapRenderer): string {
  const { width, height, nodes, edges, ink, look } = renderer.drawing();
  const parts = [`<rect width="${width}" height="${height}" fill="${ink.paper}"/>`];
  let path = "";
  for (const edge of edges) {
    const [source, target] = renderer.ends(edge);
    const [[x1, y1], [x2, y2]] = [renderer.place(source), renderer.place(target)];
    path += `M${x1.toFixed(1)} ${y1.toFixed(1)}L${x2.toFixed(1)} ${y2.toFixed(1)}`;
  }
  if (path) parts.push(`<path d="${path}" fill="none" stroke="${ink.edge}" stroke-width=".7"/>`);
  for (const node of nodes) {
    const [x, y] = renderer.place(node);
    const title = `<title>${escaped(look.label(node))}</title>`;
    parts.push(`<g>${title}${svgNode(x, y, renderer.pixels(node), look.shape[node], look.colors[look.color[node]], ink.paper)}</g>`);
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join("\n")}</svg>\n`;
}

/** Escape text for XML, without the characters that XML forbids. */
export function escaped(text: string): string {
  const replaced: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "").replace(/[&<>"']/g, (letter) => replaced[letter]);
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
