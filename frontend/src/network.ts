// The network in memory: typed columns, who links to whom, and which stories pass the filters.
import type { LinksAnswer, MapAnswer, NetworkAnswer } from "./source";
import { type Clock, seenUntil, type View } from "./state";

export const NO_TIME = Number.NEGATIVE_INFINITY;
/** Relevance, in thousandths, that a story has before anything is known of it; what is above is on the subject. */
export const ON_SUBJECT = 500;

export class Network {
  readonly count: number;
  readonly answer: NetworkAnswer;
  readonly published: Float64Array;
  readonly seen: Float64Array;
  readonly changed: Float64Array;
  readonly vanished: Float64Array;
  private readonly firstChanged: Float64Array;
  private readonly firstRetitled: Float64Array;
  /** From when until when each story that was ever gone was so. */
  private readonly absences = new Map<number, [number, number][]>();
  readonly places: Map<string, number>;
  /** Stories of each same-story group, by its leader. */
  readonly groupSize: Int32Array;
  links: Links | null = null;

  constructor(answer: NetworkAnswer) {
    const columns = answer.columns;
    this.answer = answer;
    this.count = columns.key.length;
    this.published = times(columns.published);
    this.seen = times(columns.seen);
    this.changed = times(columns.changed);
    this.vanished = times(columns.vanished);
    this.firstChanged = times(columns.first_changed);
    this.firstRetitled = times(columns.first_retitled);
    for (const [place, from, until] of answer.absences) this.absences.set(place, [...(this.absences.get(place) ?? []), [from, until ?? Number.POSITIVE_INFINITY]]);
    this.places = new Map(columns.key.map((key, place) => [key, place]));
    this.groupSize = new Int32Array(this.count);
    for (const leader of columns.group) this.groupSize[leader]++;
  }

  get columns() {
    return this.answer.columns;
  }

  /** A story's time: its publication, else when it was first seen; or when the crawl saw it. */
  timeOf(place: number, clock: Clock = "published"): number {
    const published = this.published[place];
    return clock === "published" && published !== NO_TIME ? published : this.seen[place];
  }

  /** Whether a story is on the subject of the crawl, as far as that was judged. */
  isOnSubject(place: number): boolean {
    const relevance = this.columns.relevance[place];
    return relevance < 0 || relevance >= ON_SUBJECT;
  }

  /** Which stories pass the filters but that of the moment; `found` are those that hold the words. */
  filter(view: View, found: Set<number> | null): Uint8Array {
    const { columns, answer } = this;
    const passes = new Uint8Array(this.count).fill(1);
    const drop = (keeps: (place: number) => boolean) => {
      for (let place = 0; place < this.count; place++) if (passes[place] && !keeps(place)) passes[place] = 0;
    };
    if (found) drop((place) => found.has(place));
    const chosen = (names: string[], values: string[]) => new Set(values.map((value) => names.indexOf(value)));
    if (view.site.length) {
      const sites = chosen(answer.sites, view.site);
      drop((place) => sites.has(columns.site[place]));
    }
    if (view.status.length) {
      const statuses = chosen(answer.statuses, view.status);
      drop((place) => statuses.has(columns.status[place]));
    }
    if (view.lang.length) {
      const langs = chosen(answer.langs, view.lang);
      drop((place) => langs.has(columns.lang[place]));
    }
    if (view.mark.length) {
      // as of a moment, what was gone then may be back today: the moment itself is chosen later
      const isBack = (place: number) => seenUntil(view) !== null && view.mark.includes("vanished") && this.absences.has(place);
      drop((place) => isBack(place) || view.mark.some((mark) => this.hasMark(place, mark)));
    }
    if (view.since !== null) drop((place) => this.timeOf(place) >= view.since!);
    if (view.until !== null) drop((place) => this.timeOf(place) < view.until!);
    if (view.rel > 0) drop((place) => columns.relevance[place] >= view.rel);
    if (view.depth !== null) drop((place) => columns.depth[place] <= view.depth!);
    if (view.group) {
      const leader = this.places.get(view.group) ?? -1;
      drop((place) => columns.group[place] === leader);
    }
    return passes;
  }

  /** Whether a story has a mark, or had it at the moment `asOf`. */
  hasMark(place: number, mark: string, asOf: number | null = null): boolean {
    const isKnown = (at: number) => at !== NO_TIME && (asOf === null || at <= asOf);
    switch (mark) {
      case "vanished":
        if (asOf === null) return this.vanished[place] !== NO_TIME;
        return this.absences.get(place)?.some(([from, until]) => from <= asOf && asOf < until) ?? false;
      case "changed":
        return isKnown(this.firstChanged[place]);
      case "retitled":
        return isKnown(this.firstRetitled[place]);
      case "copy":
        return this.columns.copy_of[place] >= 0;
      case "original":
        return this.columns.group[place] === place && this.groupSize[place] > 1;
      case "undated":
        return this.published[place] === NO_TIME;
      default:
        return false;
    }
  }
}

/** The links as columns, the most relevant first, and for each story the rows of its links. */
export class Links {
  readonly count: number;
  readonly source: Int32Array;
  readonly target: Int32Array;
  readonly kind: Uint8Array;
  readonly relevance: Int16Array;
  readonly seen: Float64Array;
  readonly linksIn: Int32Array;
  private readonly starts: Int32Array;
  private readonly rows: Int32Array;

  constructor(
    readonly answer: LinksAnswer,
    stories: number,
  ) {
    const columns = answer.columns;
    this.count = columns.source.length;
    this.source = Int32Array.from(columns.source);
    this.target = Int32Array.from(columns.target);
    this.kind = Uint8Array.from(columns.kind);
    this.relevance = Int16Array.from(columns.relevance);
    this.seen = Float64Array.from(columns.seen);
    this.linksIn = new Int32Array(stories);
    const degrees = new Int32Array(stories + 1);
    for (let row = 0; row < this.count; row++) {
      degrees[this.source[row]]++;
      degrees[this.target[row]]++;
      this.linksIn[this.target[row]]++;
    }
    this.starts = new Int32Array(stories + 1);
    for (let place = 0; place < stories; place++) this.starts[place + 1] = this.starts[place] + degrees[place];
    const next = this.starts.slice();
    this.rows = new Int32Array(2 * this.count);
    for (let row = 0; row < this.count; row++) {
      this.rows[next[this.source[row]]++] = row;
      this.rows[next[this.target[row]]++] = row;
    }
  }

  /** The rows of the links out of and into a story. */
  of(place: number): Int32Array {
    return this.rows.subarray(this.starts[place], this.starts[place + 1]);
  }

  /** A shortest path as rows of links: along the links, or in both directions; null where there is none. */
  path(from: number, to: number, both: boolean): number[] | null {
    const reached = new Map<number, number>([[from, -1]]);
    let ring = [from];
    while (ring.length) {
      const next: number[] = [];
      for (const place of ring) {
        for (const row of this.of(place)) {
          if (!both && this.source[row] !== place) continue;
          const other = this.source[row] === place ? this.target[row] : this.source[row];
          if (reached.has(other)) continue;
          reached.set(other, row);
          if (other === to) return this.walkBack(reached, from, to);
          next.push(other);
        }
      }
      ring = next;
    }
    return null;
  }

  private walkBack(reached: Map<number, number>, from: number, to: number): number[] {
    const rows: number[] = [];
    for (let place = to; place !== from; ) {
      const row = reached.get(place)!;
      rows.push(row);
      place = this.source[row] === place ? this.target[row] : this.source[row];
    }
    return rows.reverse();
  }
}

/** A map as typed arrays, with the links between its nodes, the strongest first. */
export class StoryMap {
  readonly count: number;
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly island: Int32Array;
  readonly node: Int32Array;
  /** Stories of each node. */
  readonly size: Int32Array;
  /** The earliest story of each node. */
  readonly first: Int32Array;
  readonly reach: number;

  constructor(readonly answer: MapAnswer) {
    this.count = answer.x.length;
    this.x = Float32Array.from(answer.x);
    this.y = Float32Array.from(answer.y);
    this.island = Int32Array.from(answer.island);
    this.node = Int32Array.from(answer.node);
    this.size = new Int32Array(this.count);
    this.first = new Int32Array(this.count).fill(-1);
    this.node.forEach((node, place) => {
      this.size[node]++;
      if (this.first[node] < 0) this.first[node] = place;
    });
    let reach = 1;
    for (let node = 0; node < this.count; node++) reach = Math.max(reach, Math.hypot(this.x[node], this.y[node]));
    this.reach = reach;
  }
}

function times(values: (number | null)[]): Float64Array {
  const result = new Float64Array(values.length);
  values.forEach((value, place) => {
    result[place] = value === null ? NO_TIME : value;
  });
  return result;
}
