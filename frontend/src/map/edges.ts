// The links of a map between its nodes, the strongest first, and their bundles between islands.
import type { Links, StoryMap } from "../network";

export interface Edges {
  count: number;
  source: Int32Array;
  target: Int32Array;
  /** Kind of each, where an edge is one link. */
  kind: Uint8Array | null;
  /** When each was first seen, where an edge is one link. */
  seen: Float64Array | null;
  /** Links of each, where an edge holds several. */
  weight: Int32Array | null;
}

export interface Bundle {
  a: number;
  b: number;
  links: number;
}

export const NO_EDGES: Edges = { count: 0, source: new Int32Array(0), target: new Int32Array(0), kind: null, seen: null, weight: null };

/** Give the edges of a map whose nodes are stories: the links themselves. */
export function linkEdges(links: Links): Edges {
  return { count: links.count, source: links.source, target: links.target, kind: links.kind, seen: links.seen, weight: null };
}

/** Give the edges of a map whose nodes hold several stories: one for all links between two nodes, whichever way they go. */
export function mergedEdges(links: Links, map: StoryMap, kinds: Set<number>): Edges {
  const weights = new Map<number, number>();
  for (let row = 0; row < links.count; row++) {
    if (kinds.size && !kinds.has(links.kind[row])) continue;
    const [a, b] = [map.node[links.source[row]], map.node[links.target[row]]];
    const pair = Math.min(a, b) * map.count + Math.max(a, b);
    if (a !== b) weights.set(pair, (weights.get(pair) ?? 0) + 1);
  }
  const pairs = [...weights].sort((one, other) => other[1] - one[1] || one[0] - other[0]);
  return {
    count: pairs.length,
    source: Int32Array.from(pairs, ([pair]) => Math.floor(pair / map.count)),
    target: Int32Array.from(pairs, ([pair]) => pair % map.count),
    kind: null,
    seen: null,
    weight: Int32Array.from(pairs, ([, weight]) => weight),
  };
}

export function bundlesOf(edges: Edges, map: StoryMap, drawn: (edge: number) => boolean): { bundles: Bundle[]; links: number } {
  const islands = map.answer.centres.length;
  const counts = new Map<number, number>();
  let links = 0;
  for (let edge = 0; edge < edges.count; edge++) {
    if (!drawn(edge)) continue;
    links++;
    const [a, b] = [map.island[edges.source[edge]], map.island[edges.target[edge]]];
    if (a < 0 || b < 0 || a === b) continue;
    const pair = Math.min(a, b) * islands + Math.max(a, b);
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  const bundles = [...counts].map(([pair, n]) => ({ a: Math.floor(pair / islands), b: pair % islands, links: n }));
  return { bundles: bundles.sort((one, other) => other.links - one.links), links };
}
