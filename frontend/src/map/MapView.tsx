// The map with its controls, legend, what is said of its links, and the story under the pointer.
import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Change, Theme } from "../App";
import { clean, say, sayValue } from "../format";
import { type Links, type Network, NO_TIME, type StoryMap } from "../network";
import type { PathAnswer } from "../source";
import { type ColorBy, type MapKind, seenUntil, toggled, type View } from "../state";
import { type Coloring, colorNodes, SHAPES, shapesOf, UNREAD } from "./coloring";
import { type Edges, linkEdges, mergedEdges, NO_EDGES } from "./edges";
import { type LinkStatus, MapRenderer } from "./renderer";
import { StoryTime } from "../panels/StoryList";
import { svgNode } from "./shapes";

interface Props {
  network: Network;
  links: Links | null;
  map: StoryMap | null;
  view: View;
  change: Change;
  shown: Uint8Array;
  selected: number;
  hovered: number;
  setHovered: (place: number) => void;
  path: PathAnswer | null;
  choose: (key: string) => void;
  renderer: RefObject<MapRenderer | null>;
  theme: Theme;
}

const MAPS: MapKind[] = ["stories", "sites", "groups"];
const COLORS: ColorBy[] = ["island", "site", "time", "relevance", "depth"];
const PAN_PIXELS = 60;

export function MapView(props: Props) {
  const { network, links, map, view, change, shown, selected, hovered, setHovered, path, choose, renderer } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [status, setStatus] = useState<LinkStatus>({ mode: "none", shown: 0, total: 0 });
  const [tip, setTip] = useState<{ node: number; x: number; y: number } | null>(null);
  const kinds = useMemo(() => new Set(view.kinds.map((kind) => network.answer.kinds.indexOf(kind))), [network, view.kinds.join()]);
  const until = seenUntil(view);
  const coloring = useMemo(() => map && colorNodes(network, map, view), [network, map, view.color, view.clock, document.documentElement.lang]);
  const shapes = useMemo(() => map && shapesOf(network, map, until), [network, map, until]);
  const edges = useMemo((): Edges => {
    if (!map || !links) return NO_EDGES;
    return view.map === "stories" ? linkEdges(links) : mergedEdges(links, map, kinds);
  }, [map, links, view.map, view.map === "stories" ? "" : [...kinds].join()]);

  useEffect(() => {
    const told = {
      status: (next: LinkStatus) => setStatus((held) => (held.mode === next.mode && held.shown === next.shown && held.total === next.total ? held : next)),
      moved: () => setTip(null),
    };
    const made = new MapRenderer(canvas.current!, told);
    renderer.current = made;
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(canvas.current!);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const recolor = () => made.recolor();
    dark.addEventListener("change", recolor);
    return () => {
      watch.disconnect();
      dark.removeEventListener("change", recolor);
      made.close();
      renderer.current = null;
    };
  }, []);

  useEffect(() => {
    const drawn = renderer.current;
    if (!drawn) return;
    drawn.setMap(map, edges);
    if (map && coloring && shapes) drawn.setLook(lookOf(network, links, map, coloring, shapes, view));
  }, [map, edges, coloring, shapes, links]);

  useEffect(() => {
    if (map) renderer.current?.setPasses(nodesShown(map, shown), kinds, until);
  }, [map, shown, kinds, until]);

  useEffect(() => {
    if (!map) return;
    const node = (place: number) => (place >= 0 ? map.node[place] : -1);
    const places = path?.found ? path.stories.map((story) => node(network.places.get(story.key) ?? -1)).filter((one) => one >= 0) : [];
    renderer.current?.setMarks({ selected: node(selected), hovered: tip ? tip.node : node(hovered), path: places, first: node(firstShown(network, shown)), highlighted: [] });
  }, [map, selected, hovered, tip, path, shown]);

  useEffect(() => {
    if (map && selected >= 0) renderer.current?.showNode(map.node[selected]);
  }, [map, selected]);

  useEffect(() => {
    if (!map || !path?.found) return;
    renderer.current?.showNodes(path.stories.map((story) => map.node[network.places.get(story.key) ?? 0]));
  }, [map, path]);

  const pick = (event: MouseEvent) => renderer.current?.pick(event.offsetX, event.offsetY) ?? -1;
  const open = (node: number) => {
    if (!map || node < 0) return;
    if (view.map === "sites") change({ site: toggled(view.site, network.answer.sites[node]) });
    else choose(network.columns.key[map.first[node]]);
  };
  return (
    <div class="map-box">
    <div class="map">
      <canvas
        ref={canvas}
        tabIndex={0}
        role="img"
        aria-label={say("map.label", { n: map?.count ?? 0 })}
        onPointerMove={(event) => {
          if (event.buttons) return;
          const node = pick(event);
          setTip(node < 0 ? null : { node, x: event.offsetX, y: event.offsetY });
          if (hovered >= 0) setHovered(-1);
        }}
        onPointerLeave={() => setTip(null)}
        onClick={(event) => open(pick(event))}
        onKeyDown={(event) => pressed(event, renderer.current)}
      />
      {!map && (
        <p class="map-waiting" role="status">
          <span class="spinner" /> {say("app.map.loading")}
        </p>
      )}
      <div class="map-controls">
        <label>
          {say("map.nodes")}{" "}
          <select value={view.map} onChange={(event) => change({ map: event.currentTarget.value as MapKind })}>
            {MAPS.map((kind) => (
              <option key={kind} value={kind}>
                {say(`map.${kind}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say("map.color")}{" "}
          <select value={view.color} onChange={(event) => change({ color: event.currentTarget.value as ColorBy })}>
            {COLORS.map((by) => (
              <option key={by} value={by}>
                {say(`color.${by}`)}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div class="map-zoom">
        <button onClick={() => renderer.current?.zoomBy(1.6)} aria-label={say("map.zoom.in")} title={say("map.zoom.in")}>
          +
        </button>
        <button onClick={() => renderer.current?.zoomBy(1 / 1.6)} aria-label={say("map.zoom.out")} title={say("map.zoom.out")}>
          −
        </button>
        <button onClick={() => renderer.current?.reset()} aria-label={say("map.zoom.all")} title={say("map.zoom.all")}>
          ⤢
        </button>
      </div>
      <p class={map?.answer.draft ? "map-status map-draft" : "map-status"}>
        {map?.answer.draft && <span class="spinner" />} {map && (map.answer.draft ? say("map.draft") : statusWords(status, links, view))}
      </p>
      {tip && map && <Tip network={network} map={map} tip={tip} view={view} />}
    </div>
    {map && coloring && <Legend coloring={coloring} view={view} change={change} />}
    </div>
  );
}

function statusWords(status: LinkStatus, links: Links | null, view: View): string {
  const bounded = links?.answer.limited ? ` · ${say("map.links.bounded", { shown: links.count, total: links.answer.total })}` : "";
  if (!links) return "";
  if (links.count === 0) return say("map.none");
  if (status.mode === "islands") return say("map.links.islands", { shown: status.shown, total: status.total }) + bounded;
  if (status.mode === "moving") return say("map.links.moving");
  if (view.map !== "stories") return say(status.shown === status.total ? "map.links.nodes.all" : "map.links.nodes", { shown: status.shown, total: status.total });
  if (status.shown === status.total) return say("map.links.all", { total: status.total }) + bounded;
  return say("map.links", { shown: status.shown, total: status.total }) + bounded;
}

function Tip({ network, map, tip, view }: { network: Network; map: StoryMap; tip: { node: number; x: number; y: number }; view: View }) {
  const place = map.first[tip.node];
  const { columns, answer } = network;
  const left = tip.x > 320;
  const style = { [left ? "right" : "left"]: left ? `calc(100% - ${tip.x - 12}px)` : `${tip.x + 14}px`, top: `${Math.max(4, tip.y - 20)}px` };
  if (view.map === "sites") {
    return (
      <div class="tip" style={style}>
        <strong>{clean(answer.sites[tip.node])}</strong>
        <span>{say("happened.stories", { n: map.size[tip.node] })}</span>
      </div>
    );
  }
  return (
    <div class="tip" style={style}>
      <strong>{clean(columns.title[place]) || say("story.untitled")}</strong>
      <span>
        {clean(answer.sites[columns.site[place]])} · <StoryTime network={network} place={place} />
      </span>
      <span>{sayValue("status", answer.statuses[columns.status[place]])}</span>
    </div>
  );
}

function Legend({ coloring, view, change }: { coloring: Coloring; view: View; change: Change }) {
  return (
      <ul class="legend" aria-label={say("legend")}>
        {coloring.legend.map((one) => (
          <li key={one.label}>
            <svg width="12" height="12" aria-hidden="true">
              <rect width="12" height="12" rx="2" fill={one.color} />
            </svg>
            {one.site ? (
              <button class="text" onClick={() => change({ site: toggled(view.site, one.site!) })}>
                {clean(one.label)}
              </button>
            ) : (
              clean(one.label)
            )}
          </li>
        ))}
        {view.map !== "sites" &&
          SHAPES.map((name, shape) => (
            <li key={name}>
              <ShapeIcon shape={shape} />
              {sayValue("legend", name)}
            </li>
          ))}
      </ul>
  );
}

function ShapeIcon({ shape }: { shape: number }) {
  // only our own constants go into this picture
  const icon = useMemo(() => `<svg width="12" height="12">${svgNode(6, 6, 5, shape, "currentColor", "var(--map-paper)")}</svg>`, [shape]);
  return <span aria-hidden="true" class="shape" dangerouslySetInnerHTML={{ __html: icon }} />;
}

function lookOf(network: Network, links: Links | null, map: StoryMap, coloring: Coloring, shape: Uint8Array, view: View) {
  const weight = Float32Array.from({ length: map.count }, (_, node) => (view.map === "stories" ? (links?.linksIn[map.first[node]] ?? 0) : map.size[node]));
  const most = Math.max(1, ...sampled(weight));
  const spread = map.count < 60 ? 1.6 : 1;
  const radius = Float32Array.from(weight, (value) => spread * (0.42 + 0.55 * Math.sqrt(value / most)));
  // what was read is named before what is only known of, what is on the topic before the rest
  const isUnread = (node: number) => (shape[node] >= UNREAD ? 1 : 0);
  const isOff = (node: number) => (network.isOnSubject(map.first[node]) ? 0 : 1);
  const order = Int32Array.from({ length: map.count }, (_, node) => node).sort((one, other) => isUnread(one) - isUnread(other) || isOff(one) - isOff(other) || weight[other] - weight[one] || one - other);
  const label = (node: number) =>
    view.map === "sites" ? clean(network.answer.sites[node]) : clean(network.columns.title[map.first[node]]) || say("story.untitled");
  const names = view.map === "sites" ? [] : map.answer.names.map(clean);
  return { color: coloring.color, colors: coloring.colors, shape, radius, order, label, names, allLabels: map.count <= 80 };
}

/** Give few enough values for a call with as many arguments. */
function sampled(values: Float32Array): Float32Array {
  const sorted = values.slice().sort();
  return sorted.slice(-1);
}

function nodesShown(map: StoryMap, shown: Uint8Array): Uint8Array {
  if (map.count === shown.length) return shown;
  const nodes = new Uint8Array(map.count);
  map.node.forEach((node, place) => {
    if (shown[place]) nodes[node] = 1;
  });
  return nodes;
}

/** Give the first report of what is shown, null for all: the earliest story on the subject whose time of publication is known. */
export function firstShown(network: Network, shown: Uint8Array | null): number {
  const earliest = (counts: (place: number) => boolean) => {
    let first = -1;
    for (let place = 0; place < network.count; place++) {
      if ((shown && !shown[place]) || network.published[place] === NO_TIME || !counts(place)) continue;
      if (first < 0 || network.published[place] < network.published[first]) first = place;
    }
    return first;
  };
  const first = earliest((place) => network.isOnSubject(place));
  return first >= 0 ? first : earliest(() => true);
}

function pressed(event: KeyboardEvent, renderer: MapRenderer | null): void {
  const moves: Record<string, () => void> = {
    ArrowLeft: () => renderer?.panBy(PAN_PIXELS, 0),
    ArrowRight: () => renderer?.panBy(-PAN_PIXELS, 0),
    ArrowUp: () => renderer?.panBy(0, PAN_PIXELS),
    ArrowDown: () => renderer?.panBy(0, -PAN_PIXELS),
    "+": () => renderer?.zoomBy(1.5),
    "=": () => renderer?.zoomBy(1.5),
    "-": () => renderer?.zoomBy(1 / 1.5),
    "0": () => renderer?.reset(),
  };
  const move = moves[event.key];
  if (move && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    move();
  }
}
