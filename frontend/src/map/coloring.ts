// Which colour and which shape each node of a map has, and the legend that says so.
import { areYearsApart, count, sayValue, say, shortTime } from "../format";
import { type Network, NO_TIME, type StoryMap } from "../network";
import { CATEGORIES, OTHER, STEPS, scaleColor } from "../palette";
import type { View } from "../state";

export const SHAPES = ["fetched", "copy", "changed", "gone", "stub", "failed"] as const;
/** Shapes from this one on are those of stories that were not read. */
export const UNREAD = SHAPES.indexOf("stub");

export interface Coloring {
  /** Number of the colour of each node. */
  color: Uint8Array;
  colors: string[];
  legend: { color: string; label: string; site?: string }[];
}

/** Give the shape of each node; what vanished or changed after `asOf` had not then. */
export function shapesOf(network: Network, map: StoryMap, asOf: number | null): Uint8Array {
  const { columns, answer } = network;
  const shape = new Uint8Array(map.count);
  for (let node = 0; node < map.count; node++) {
    const place = map.first[node];
    if (place < 0 || map.count === answer.sites.length) continue;
    const status = answer.statuses[columns.status[place]];
    if (network.hasMark(place, "vanished", asOf)) shape[node] = 3;
    else if (status === "stub") shape[node] = 4;
    else if (status !== "fetched" && status !== "gone") shape[node] = 5;
    else if (columns.copy_of[place] >= 0) shape[node] = 1;
    else if (network.hasMark(place, "changed", asOf)) shape[node] = 2;
  }
  return shape;
}

export function colorNodes(network: Network, map: StoryMap, view: View): Coloring {
  const color = new Uint8Array(map.count);
  const other = CATEGORIES.length;
  if (view.color === "site" || view.color === "island") {
    const bySite = view.color === "site";
    const names = bySite ? network.answer.sites : map.answer.names;
    const seen = new Set<number>();
    for (let node = 0; node < map.count; node++) {
      const value = bySite ? network.columns.site[map.first[node]] : map.island[node];
      color[node] = value >= 0 && (bySite ? value < other : true) ? value % other : other;
      seen.add(color[node]);
    }
    const legend = names.slice(0, other).map((label, n) => ({ color: CATEGORIES[n], label, ...(bySite ? { site: label } : {}) }));
    if (seen.has(other)) legend.push({ color: OTHER, label: say(bySite ? "legend.other" : "legend.scattered") });
    return { color, colors: [...CATEGORIES, OTHER], legend: bySite ? legend : legend.slice(-1).filter((one) => one.color === OTHER) };
  }
  const colors = [...Array.from({ length: STEPS }, (_, step) => scaleColor(step)), OTHER];
  const values = Float64Array.from(map.first, (place) => valueOf(network, place, view));
  const known = values.filter((value) => value !== NO_TIME).sort();
  const [low, high] = known.length ? [known[Math.floor(known.length * 0.02)], known[Math.floor((known.length - 1) * 0.98)]] : [0, 1];
  for (let node = 0; node < map.count; node++) {
    const share = (values[node] - low) / (high - low || 1);
    color[node] = values[node] === NO_TIME ? STEPS : Math.min(STEPS - 1, Math.max(0, Math.floor(share * STEPS)));
  }
  const label = (value: number) =>
    view.color === "time" ? shortTime(value, false, areYearsApart(low, high)) : view.color === "relevance" ? (value / 1000).toFixed(2) : count(value);
  const legend = [0, Math.floor(STEPS / 2), STEPS - 1].map((step) => ({
    color: colors[step],
    label: label(low + ((high - low) * step) / (STEPS - 1)),
  }));
  return { color, colors, legend };
}

function valueOf(network: Network, place: number, view: View): number {
  if (place < 0) return NO_TIME;
  if (view.color === "time") return network.timeOf(place, view.clock);
  const value = view.color === "relevance" ? network.columns.relevance[place] : network.columns.depth[place];
  return value < 0 ? NO_TIME : value;
}

export function shapeLabel(shape: number): string {
  return sayValue("legend", SHAPES[shape]);
}
