// Draws a map on a canvas without a GPU: nodes as small pictures drawn once for each look, few links at a time.
import { select } from "d3-selection";
import { type D3ZoomEvent, type ZoomBehavior, zoom, zoomIdentity, type ZoomTransform } from "d3-zoom";
import type { StoryMap } from "../network";
import { type Bundle, bundlesOf, type Edges, NO_EDGES } from "./edges";
import { UNREAD } from "./coloring";
import { drawNode } from "./shapes";

/** Links drawn at once; more are a grey blanket and take seconds. */
const MAX_EDGES = 8_000;
/** Links of a whole map that are drawn one by one from the start. */
const FEW_EDGES = 1_200;
/** Links drawn while the map moves. */
const MOVING_EDGES = 300;
const MAX_BUNDLES = 150;
/** Magnification from which single links are drawn. */
const NEAR = 2.2;
const MAX_LABELS = 36;
/** Widest label in pixels, and what it is cut to where there is no room for that: less and less. */
const LABEL_PIXELS = [420, 280, 180, 110];
/** A map of at most so many nodes is seen whole: a chosen node is not brought nearer. */
const FEW_NODES = 150;
const PICK_PIXELS = 9;
const REST_MILLISECONDS = 140;
/** While the map moves it is drawn anew at most for this share of the time; between, the last picture is moved. */
const MOVING_SHARE = 0.12;
/** Milliseconds of a picture that is quick enough to be drawn anew each time. */
const QUICK_PICTURE = 12;

export interface Look {
  color: Uint8Array;
  colors: string[];
  shape: Uint8Array;
  /** Radius of each node in the map's units. */
  radius: Float32Array;
  /** Nodes in the order in which labels are given. */
  order: Int32Array;
  label: (node: number) => string;
  /** Names of islands; empty where nodes carry names enough. */
  names: string[];
  allLabels: boolean;
}

export interface LinkStatus {
  mode: "islands" | "near" | "moving" | "none";
  shown: number;
  total: number;
}

export interface Marks {
  selected: number;
  hovered: number;
  path: number[];
  first: number;
  highlighted: number[];
}

/** Left, top, right, bottom. */
type Box = [number, number, number, number];

interface Ink {
  paper: string;
  text: string;
  halo: string;
  edge: string;
  strong: string;
  faint: string;
  island: string;
}

export class MapRenderer {
  map: StoryMap | null = null;
  private edges: Edges = NO_EDGES;
  private look: Look | null = null;
  private passes: Uint8Array = new Uint8Array(0);
  private kinds = new Set<number>();
  /** Links that were seen first after this moment are not drawn. */
  private until: number | null = null;
  /** Islands with a node that passes the filters. */
  private inhabited = new Set<number>();
  private marks: Marks = { selected: -1, hovered: -1, path: [], first: -1, highlighted: [] };
  private bundles: { bundles: Bundle[]; links: number } | null = null;
  private adjacency: { starts: Int32Array; rows: Int32Array } | null = null;
  private transform: ZoomTransform = zoomIdentity;
  private readonly behavior: ZoomBehavior<HTMLCanvasElement, unknown>;
  private readonly sprites = new Map<string, HTMLCanvasElement>();
  /** The last picture that was drawn, and where the map stood then. */
  private still: { canvas: HTMLCanvasElement; transform: ZoomTransform; at: number } | null = null;
  private moving = false;
  private resting = 0;
  private frame = 0;
  private width = 1;
  private height = 1;
  private ink: Ink | null = null;
  /** Milliseconds that the last picture took. */
  lastDraw = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly told: { status: (status: LinkStatus) => void; moved: () => void },
  ) {
    this.behavior = zoom<HTMLCanvasElement, unknown>()
      .scaleExtent([0.5, 80])
      .on("zoom", (event: D3ZoomEvent<HTMLCanvasElement, unknown>) => this.zoomed(event.transform));
    select(canvas).call(this.behavior).on("dblclick.zoom", null);
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.resting);
    select(this.canvas).on(".zoom", null);
  }

  resize(): void {
    const box = this.canvas.getBoundingClientRect();
    const dots = Math.min(window.devicePixelRatio || 1, 2);
    this.width = Math.max(1, box.width);
    this.height = Math.max(1, box.height);
    this.canvas.width = Math.round(this.width * dots);
    this.canvas.height = Math.round(this.height * dots);
    this.draw();
  }

  /** Forget the colours of the page: the theme has changed. */
  recolor(): void {
    this.ink = null;
    this.sprites.clear();
    this.draw();
  }

  setMap(map: StoryMap | null, edges: Edges): void {
    if (this.map !== map) this.reset(false);
    this.map = map;
    this.edges = edges;
    this.bundles = this.adjacency = null;
    this.draw();
  }

  setLook(look: Look): void {
    this.look = look;
    this.sprites.clear();
    this.draw();
  }

  setPasses(passes: Uint8Array, kinds: Set<number>, until: number | null): void {
    this.passes = passes;
    this.until = until;
    this.kinds = kinds;
    this.bundles = null;
    this.inhabited = new Set(passes.length === this.map?.count ? this.map.island.filter((_, node) => passes[node]) : []);
    this.draw();
  }

  setMarks(marks: Marks): void {
    this.marks = marks;
    this.draw();
  }

  reset(smooth = true): void {
    this.behavior.transform(select(this.canvas), zoomIdentity);
    if (!smooth) this.rest();
  }

  zoomBy(factor: number): void {
    this.behavior.scaleBy(select(this.canvas), factor);
  }

  panBy(dx: number, dy: number): void {
    this.behavior.translateBy(select(this.canvas), dx / this.transform.k, dy / this.transform.k);
  }

  /** Bring a part of the map into view. */
  showPart(x: number, y: number, radius: number): void {
    const scale = Math.min(40, (Math.min(this.width, this.height) * 0.42) / (radius * this.base()));
    const [px, py] = [this.width / 2 + x * this.base(), this.height / 2 + y * this.base()];
    const target = zoomIdentity.translate(this.width / 2 - px * scale, this.height / 2 - py * scale).scale(scale);
    this.behavior.transform(select(this.canvas), target);
  }

  /** Bring a node into view, unless it is there already; near enough to see its links if the map is large, or with `closer`. */
  showNode(node: number, closer = false): void {
    if (!this.map || node < 0) return;
    const [x, y] = this.place(node);
    const inside = x > 40 && y > 40 && x < this.width - 40 && y < this.height - 40;
    if (inside && (this.transform.k >= NEAR || (!closer && this.map.count <= FEW_NODES))) return;
    this.showPart(this.map.x[node], this.map.y[node], this.map.reach / Math.max(6, this.transform.k * 2));
  }

  /** Bring several nodes into view, unless they are. */
  showNodes(nodes: number[]): void {
    if (!this.map || nodes.length < 2) return;
    const [xs, ys] = [nodes.map((node) => this.map!.x[node]), nodes.map((node) => this.map!.y[node])];
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const radius = Math.max(Math.hypot(right - left, bottom - top) * 0.62, this.map.reach / 14);
    this.showPart((left + right) / 2, (top + bottom) / 2, radius);
  }

  /** Give the node at a point of the canvas, -1 for none. */
  pick(px: number, py: number): number {
    const map = this.map;
    if (!map) return -1;
    let best = -1;
    let nearest = PICK_PIXELS * PICK_PIXELS;
    for (let node = 0; node < map.count; node++) {
      if (!this.passes[node]) continue;
      const [x, y] = this.place(node);
      const distance = (x - px) ** 2 + (y - py) ** 2;
      const own = this.pixels(node) ** 2;
      if (distance < Math.max(nearest, best < 0 ? own : 0)) {
        nearest = distance;
        best = node;
      }
    }
    return best;
  }

  place(node: number): [number, number] {
    const scale = this.scale();
    return [this.originX() + this.map!.x[node] * scale, this.originY() + this.map!.y[node] * scale];
  }

  /** Draw what is shown on another canvas, `dots` for each of this one's pixels. */
  picture(dots: number): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.width = this.width * dots;
    canvas.height = this.height * dots;
    const moving = this.moving;
    this.moving = false;
    this.sprites.clear();
    this.paint(canvas.getContext("2d")!, dots, true);
    this.sprites.clear();
    this.moving = moving;
    return canvas;
  }

  /** Give what is shown for a drawing program: size, edges and nodes in pixels. */
  drawing() {
    const map = this.map!;
    const [edges] = this.chosenEdges();
    const inView = (node: number) => {
      const [x, y] = this.place(node);
      return x > -20 && y > -20 && x < this.width + 20 && y < this.height + 20;
    };
    const nodes: number[] = [];
    for (let node = 0; node < map.count; node++) if (this.passes[node] && inView(node)) nodes.push(node);
    return { width: this.width, height: this.height, nodes, edges, ink: this.colors(), look: this.look!, renderer: this };
  }

  pixels(node: number): number {
    return Math.min(11, Math.max(1.5, this.look!.radius[node] * this.scale()));
  }

  ends(edge: number): [number, number] {
    return [this.edges.source[edge], this.edges.target[edge]];
  }

  draw(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const context = this.canvas.getContext("2d");
      if (!context || (this.moving && this.moveStill(context))) return;
      this.paint(context, this.canvas.width / this.width, false);
      this.keepStill();
    });
  }

  /** Move the last picture to where the map is now, where drawing it anew takes too long. */
  private moveStill(context: CanvasRenderingContext2D): boolean {
    if (!this.still || this.lastDraw < QUICK_PICTURE) return false;
    if ((performance.now() - this.still.at) * MOVING_SHARE > this.lastDraw) return false;
    const { canvas, transform: then } = this.still;
    const now = this.transform;
    const grown = now.k / then.k;
    const dots = this.canvas.width / this.width;
    context.setTransform(dots, 0, 0, dots, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    context.drawImage(canvas, now.x - then.x * grown, now.y - then.y * grown, this.width * grown, this.height * grown);
    return true;
  }

  private keepStill(): void {
    const canvas = this.still?.canvas ?? document.createElement("canvas");
    canvas.width = this.canvas.width;
    canvas.height = this.canvas.height;
    canvas.getContext("2d")?.drawImage(this.canvas, 0, 0);
    this.still = { canvas, transform: this.transform, at: performance.now() };
  }

  private zoomed(transform: ZoomTransform): void {
    this.transform = transform;
    this.moving = true;
    clearTimeout(this.resting);
    this.resting = window.setTimeout(() => this.rest(), REST_MILLISECONDS);
    this.told.moved();
    this.draw();
  }

  private rest(): void {
    this.moving = false;
    this.draw();
  }

  private base(): number {
    return (Math.min(this.width, this.height) * 0.44) / (this.map?.reach ?? 1);
  }

  private scale(): number {
    return this.base() * this.transform.k;
  }

  private originX(): number {
    return this.transform.x + (this.transform.k * this.width) / 2;
  }

  private originY(): number {
    return this.transform.y + (this.transform.k * this.height) / 2;
  }

  private colors(): Ink {
    if (!this.ink) {
      const style = getComputedStyle(this.canvas);
      const value = (name: string) => style.getPropertyValue(name).trim();
      this.ink = {
        paper: value("--map-paper"),
        text: value("--text"),
        halo: value("--map-paper"),
        edge: value("--map-edge"),
        strong: value("--map-strong"),
        faint: value("--map-faint"),
        island: value("--map-island"),
      };
    }
    return this.ink;
  }

  private isDrawn(edge: number): boolean {
    const { source, target, kind, seen } = this.edges;
    if (this.until !== null && seen !== null && seen[edge] > this.until) return false;
    if (!this.passes[source[edge]] || !this.passes[target[edge]]) return false;
    return this.kinds.size === 0 || kind === null || this.kinds.has(kind[edge]);
  }

  /** Choose the links to draw, with what to say of them. */
  private chosenEdges(): [number[], LinkStatus] {
    if (!this.map || !this.edges.count) return [[], { mode: "none", shown: 0, total: 0 }];
    this.bundles ??= bundlesOf(this.edges, this.map, (edge) => this.isDrawn(edge));
    const all = this.bundles.links;
    if (this.transform.k < NEAR && all > FEW_EDGES) {
      const shown = Math.min(MAX_BUNDLES, this.bundles.bundles.length);
      return [[], { mode: "islands", shown, total: all }];
    }
    const inView = new Uint8Array(this.map.count);
    for (let node = 0; node < this.map.count; node++) {
      const [x, y] = this.place(node);
      inView[node] = x > 0 && y > 0 && x < this.width && y < this.height ? 1 : 0;
    }
    const most = this.moving ? MOVING_EDGES : MAX_EDGES;
    const chosen: number[] = [];
    let total = 0;
    for (let edge = 0; edge < this.edges.count; edge++) {
      if (!(inView[this.edges.source[edge]] || inView[this.edges.target[edge]]) || !this.isDrawn(edge)) continue;
      total++;
      if (chosen.length < most) chosen.push(edge);
      else if (this.moving) break;
    }
    return [chosen, { mode: this.moving ? "moving" : "near", shown: chosen.length, total }];
  }

  private paint(context: CanvasRenderingContext2D, dots: number, whole: boolean): void {
    const begun = performance.now();
    const ink = this.colors();
    context.setTransform(dots, 0, 0, dots, 0, 0);
    if (whole) {
      context.fillStyle = ink.paper;
      context.fillRect(0, 0, this.width, this.height);
    } else {
      context.clearRect(0, 0, this.width, this.height);
    }
    if (!this.map || !this.look || this.look.color.length !== this.map.count) return;
    const [edges, status] = this.chosenEdges();
    this.paintIslands(context, ink);
    if (status.mode === "islands") this.paintBundles(context, ink);
    else if (this.edges.weight) this.paintWeighted(context, edges, ink);
    else this.paintEdges(context, edges, ink.edge, 0.7);
    this.paintMarkedLinks(context, ink);
    this.paintNodes(context, dots, ink);
    this.paintRings(context, ink);
    const names = this.placedNames(context);
    if (!this.moving) this.paintLabels(context, ink, names.map((name) => name.box));
    this.paintNames(context, names, ink);
    this.lastDraw = performance.now() - begun;
    this.told.status(status);
  }

  private paintIslands(context: CanvasRenderingContext2D, ink: Ink): void {
    const scale = this.scale();
    if (!this.look!.names.length) return;
    context.fillStyle = ink.island;
    for (const [x, y, radius] of this.map!.answer.centres) {
      context.beginPath();
      context.arc(this.originX() + x * scale, this.originY() + y * scale, radius * scale * 1.04, 0, 2 * Math.PI);
      context.fill();
    }
  }

  private paintBundles(context: CanvasRenderingContext2D, ink: Ink): void {
    const scale = this.scale();
    const { centres } = this.map!.answer;
    const shown = this.bundles!.bundles.slice(0, MAX_BUNDLES);
    const most = shown[0]?.links ?? 1;
    context.strokeStyle = ink.edge;
    for (const { a, b, links } of shown) {
      context.lineWidth = 0.4 + 3.6 * (links / most);
      context.beginPath();
      context.moveTo(this.originX() + centres[a][0] * scale, this.originY() + centres[a][1] * scale);
      context.lineTo(this.originX() + centres[b][0] * scale, this.originY() + centres[b][1] * scale);
      context.stroke();
    }
  }

  private paintEdges(context: CanvasRenderingContext2D, edges: Iterable<number>, color: string, width: number): void {
    const { source, target } = this.edges;
    const { x, y } = this.map!;
    const [scale, ox, oy] = [this.scale(), this.originX(), this.originY()];
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    for (const edge of edges) {
      context.moveTo(ox + x[source[edge]] * scale, oy + y[source[edge]] * scale);
      context.lineTo(ox + x[target[edge]] * scale, oy + y[target[edge]] * scale);
    }
    context.stroke();
  }

  /** Draw edges of several links, thicker for more, in few strokes. */
  private paintWeighted(context: CanvasRenderingContext2D, edges: number[], ink: Ink): void {
    const weight = this.edges.weight!;
    const most = weight[0] || 1; // the strongest come first
    const bands: number[][] = [[], [], [], []];
    for (const edge of edges) bands[Math.min(3, Math.floor(4 * Math.sqrt(weight[edge] / most)))].push(edge);
    bands.forEach((band, number) => this.paintEdges(context, band, ink.edge, 0.5 + number * 1.3));
  }

  private paintNodes(context: CanvasRenderingContext2D, dots: number, ink: Ink): void {
    const { map, look, passes, width, height } = this;
    const [scale, ox, oy] = [this.scale(), this.originX(), this.originY()];
    const { x, y, count } = map!;
    context.fillStyle = ink.faint;
    const dot = Math.max(1, Math.min(3, scale * 0.35));
    for (let node = 0; node < count; node++) {
      if (passes[node]) continue;
      const [px, py] = [ox + x[node] * scale, oy + y[node] * scale];
      if (px > 0 && py > 0 && px < width && py < height) context.fillRect(px - dot / 2, py - dot / 2, dot, dot);
    }
    for (let node = 0; node < count; node++) {
      if (!passes[node]) continue;
      const [px, py] = [ox + x[node] * scale, oy + y[node] * scale];
      if (px < -20 || py < -20 || px > width + 20 || py > height + 20) continue;
      const radius = Math.round(this.pixels(node) * 2) / 2;
      const sprite = this.sprite(look!.color[node], look!.shape[node], radius, dots, ink);
      const half = sprite.width / dots / 2;
      context.drawImage(sprite, px - half, py - half, 2 * half, 2 * half);
    }
  }

  private sprite(color: number, shape: number, radius: number, dots: number, ink: Ink): HTMLCanvasElement {
    const name = `${color} ${shape} ${radius} ${dots}`;
    let sprite = this.sprites.get(name);
    if (!sprite) {
      if (this.sprites.size > 2_000) this.sprites.clear();
      sprite = document.createElement("canvas");
      sprite.width = sprite.height = Math.ceil((2 * radius + 4) * dots);
      const context = sprite.getContext("2d")!;
      context.scale(dots, dots);
      drawNode(context, sprite.width / dots / 2, radius, shape, this.look!.colors[color], ink.paper);
      this.sprites.set(name, sprite);
    }
    return sprite;
  }

  /** Draw the links of the hovered and of the selected node whole, and the path; nodes are drawn over them. */
  private paintMarkedLinks(context: CanvasRenderingContext2D, ink: Ink): void {
    const { selected, hovered, path } = this.marks;
    for (const node of new Set([hovered, selected])) {
      if (node < 0 || node >= this.map!.count) continue;
      this.paintEdges(context, this.edgesOf(node), ink.strong, 1);
    }
    if (path.length > 1) {
      context.strokeStyle = ink.strong;
      context.lineWidth = 3.5;
      context.beginPath();
      path.forEach((node, step) => {
        const [x, y] = this.place(node);
        if (step) context.lineTo(x, y);
        else context.moveTo(x, y);
      });
      context.stroke();
    }
  }

  private paintRings(context: CanvasRenderingContext2D, ink: Ink): void {
    const { selected, hovered, path, first, highlighted } = this.marks;
    const ring = (node: number, width: number, grow: number) => {
      if (node < 0 || node >= this.map!.count) return;
      const [x, y] = this.place(node);
      context.strokeStyle = ink.text;
      context.lineWidth = width;
      context.beginPath();
      context.arc(x, y, this.pixels(node) + grow, 0, 2 * Math.PI);
      context.stroke();
    };
    for (const node of highlighted) ring(node, 1, 2);
    for (const node of path) ring(node, 2, 3);
    ring(first, 1.5, 5);
    ring(hovered, 1.5, 3);
    ring(selected, 3, 4);
  }

  private *edgesOf(node: number): Iterable<number> {
    this.adjacency ??= this.adjacent();
    const { starts, rows } = this.adjacency;
    for (let at = starts[node]; at < starts[node + 1]; at++) {
      const { source, target } = this.edges;
      const other = source[rows[at]] === node ? target[rows[at]] : source[rows[at]];
      if (this.passes[other] && (!this.kinds.size || !this.edges.kind || this.kinds.has(this.edges.kind[rows[at]]))) yield rows[at];
    }
  }

  private adjacent(): { starts: Int32Array; rows: Int32Array } {
    const { source, target, count } = this.edges;
    const starts = new Int32Array(this.map!.count + 1);
    for (let edge = 0; edge < count; edge++) {
      starts[source[edge] + 1]++;
      starts[target[edge] + 1]++;
    }
    for (let node = 0; node < this.map!.count; node++) starts[node + 1] += starts[node];
    const [next, rows] = [starts.slice(), new Int32Array(2 * count)];
    for (let edge = 0; edge < count; edge++) {
      rows[next[source[edge]]++] = edge;
      rows[next[target[edge]]++] = edge;
    }
    return { starts, rows };
  }

  private paintLabels(context: CanvasRenderingContext2D, ink: Ink, taken: Box[]): void {
    const look = this.look!;
    const scale = this.scale();
    const { selected, hovered, path, first } = this.marks;
    const wanted = [selected, hovered, ...path, first].filter((node) => node >= 0 && node < this.map!.count);
    context.font = "12px system-ui, 'Noto Sans CJK SC', sans-serif";
    context.textBaseline = "middle";
    context.textAlign = "left";
    const symbols = look.allLabels ? this.readSymbols() : [];
    const put = (node: number, must: boolean) => {
      const [x, y] = this.place(node);
      if (x < 0 || y < 0 || x > this.width || y > this.height) return false;
      const gap = this.pixels(node) + 4;
      const tried = LABEL_PIXELS.map((most) => cutTo(context, look.label(node), most)).flatMap((text): [string, Box][] => {
        const width = context.measureText(text).width;
        return [x + gap, x - gap - width].map((left) => [text, [left, y - 8, left + width, y + 8]]);
      });
      const isInside = (box: Box) => box[0] >= 0 && box[2] <= this.width;
      const open = tried.filter(([, box]) => isInside(box) && isFree(box, taken));
      const free = open.find(([, box]) => isFree(box, symbols)) ?? open[0];
      const chosen = free ?? (must ? (tried.find(([, box]) => isInside(box)) ?? tried[0]) : undefined);
      if (!chosen) return false;
      const [text, box] = chosen;
      taken.push(box);
      this.outlined(context, text, box[0], y, ink);
      return true;
    };
    for (const node of new Set(wanted)) put(node, true);
    if (!look.allLabels && scale < 9) return;
    let labels = 0;
    let isAnyRead = false;
    for (const node of look.order) {
      // what was read comes first; what is only known of is named beside it from near alone
      const isUnread = look.shape[node] >= UNREAD;
      if (labels >= MAX_LABELS || (isUnread && isAnyRead && this.transform.k < NEAR)) break;
      isAnyRead ||= !isUnread && this.passes[node] === 1;
      if (this.passes[node] && !wanted.includes(node) && put(node, false)) labels++;
    }
  }

  /** Give the places of the symbols of what was read, which labels had better leave open. */
  private readSymbols(): Box[] {
    const boxes: Box[] = [];
    for (const node of this.look!.order) {
      if (!this.passes[node] || this.look!.shape[node] >= UNREAD) continue;
      const [[x, y], half] = [this.place(node), this.pixels(node)];
      boxes.push([x - half, y - half, x + half, y + half]);
    }
    return boxes;
  }

  /** Place the islands' names, the largest first, where they do not lie on one another. */
  private placedNames(context: CanvasRenderingContext2D): { text: string; size: number; box: Box }[] {
    const { names } = this.look!;
    const scale = this.scale();
    const placed: { text: string; size: number; box: Box }[] = [];
    this.map!.answer.centres.forEach(([x, y, radius], island) => {
      const text = names[island];
      if (!text || !this.inhabited.has(island) || radius * scale < 16 || radius * scale > Math.max(this.width, this.height) * 0.9) return;
      const size = Math.min(19, Math.max(11, radius * scale * 0.2));
      context.font = nameFont(size);
      const half = context.measureText(text).width / 2;
      const inside = this.originX() + x * scale;
      const middle = Math.min(this.width - half - 4, Math.max(half + 4, inside));
      if (Math.abs(middle - inside) > radius * scale) return;
      const top = this.originY() + (y - radius * 0.98) * scale - size / 2;
      const box: Box = [middle - half, top, middle + half, top + size];
      if (isFree(box, placed.map((name) => name.box))) placed.push({ text, size, box });
    });
    return placed;
  }

  private paintNames(context: CanvasRenderingContext2D, names: { text: string; size: number; box: Box }[], ink: Ink): void {
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const { text, size, box } of names) {
      context.font = nameFont(size);
      this.outlined(context, text, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, ink);
    }
  }

  private outlined(context: CanvasRenderingContext2D, text: string, x: number, y: number, ink: Ink): void {
    context.lineJoin = "round";
    context.lineWidth = 4;
    context.strokeStyle = ink.halo;
    context.strokeText(text, x, y);
    context.fillStyle = ink.text;
    context.fillText(text, x, y);
  }
}

function nameFont(size: number): string {
  return `600 ${size}px system-ui, 'Noto Sans CJK SC', sans-serif`;
}

/** Cut a text to a width in pixels. */
function cutTo(context: CanvasRenderingContext2D, text: string, most: number): string {
  const width = context.measureText(text).width;
  if (width <= most) return text;
  const letters = [...text];
  let kept = Math.floor((letters.length * most) / width);
  const cut = () => `${letters.slice(0, kept).join("").trimEnd()}…`;
  while (kept > 1 && context.measureText(cut()).width > most) kept--;
  return cut();
}

function isFree(box: Box, taken: Box[]): boolean {
  return !taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
}
