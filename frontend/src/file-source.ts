// The data of a saved file, which answers what it can without a server.
import { fold } from "./fold";
import { Links, Network, NO_TIME } from "./network";
import type { Brief, Linked, LinksAnswer, LinkValues, MapAnswer, NetworkAnswer, PathAnswer, Revision, Source, StoryAnswer } from "./source";
import type { MapKind, View } from "./state";

export interface FileData {
  network: NetworkAnswer;
  links: LinksAnswer & { headings: string[]; heading: number[] };
  maps: Record<MapKind, MapAnswer>;
  texts: Record<string, string>;
  texts_left_out: number;
  details: Record<string, Details>;
  revisions: Record<string, Revision[]>;
  revisions_left_out: number;
}

/** What a story shows that is in no column. */
type Details = Pick<StoryAnswer["story"], "authors" | "tags" | "origin" | "published" | "fetched_at" | "copy_similarity"> & {
  /** Place of the story on whose page it was found, and the kind of the link. */
  found?: [number, string | null];
};

export class FileSource implements Source {
  offline = true;
  private readonly all: Network;
  private readonly linked: Links;
  private folded: string[] | null = null;

  constructor(private readonly data: FileData) {
    this.all = new Network(data.network);
    this.linked = new Links(data.links, this.all.count);
  }

  network = async () => this.data.network;
  links = async () => this.data.links;
  map = async (_: View, of: MapKind) => this.data.maps[of];
  databases = async () => ({ default: this.data.network.database, databases: [] });
  crawls = async () => ({ total: 0, crawls: [] });
  state = async () => ({ stories: 0, links: 0, replaced: false });

  async search(_: View, words: string) {
    const { key, title } = this.all.columns;
    this.folded ??= key.map((one, place) => fold(`${title[place]}\n${this.data.texts[one] ?? ""}`));
    const needles = fold(words).split(/\s+/).filter(Boolean);
    const stories = this.folded.flatMap((text, place) => (needles.every((needle) => text.includes(needle)) ? [place] : []));
    return { stories, limited: this.data.texts_left_out > 0, pending: false };
  }

  async story(view: View, key: string): Promise<StoryAnswer> {
    const place = this.all.places.get(key)!;
    const columns = this.all.columns;
    const ways: { out: Linked[]; in: Linked[] } = { out: [], in: [] };
    for (const row of this.linked.of(place)) {
      const outward = this.linked.source[row] === place;
      ways[outward ? "out" : "in"].push({ link: this.link(row), story: this.brief(outward ? this.linked.target[row] : this.linked.source[row]) });
    }
    const byPlace = (one: Linked, other: Linked) => one.link.kind.localeCompare(other.link.kind) || one.link.position - other.link.position;
    const { version, revisions } = this.asOf(view, key);
    const { found: _, ...details } = this.data.details[key] ?? {};
    return {
      story: {
        ...this.brief(place),
        ...details,
        id: key,
        text: this.data.texts[key] ?? null,
        ...version,
        depth: columns.depth[place],
        relevance: columns.relevance[place] < 0 ? null : columns.relevance[place] / 1000,
      },
      out: { total: ways.out.length, limited: false, links: ways.out.sort(byPlace) },
      in: { total: ways.in.length, limited: false, links: ways.in.sort(byPlace) },
      group: this.group(place),
      discovery: this.discovery(place),
      revisions,
      revisions_left_out: this.data.revisions_left_out > 0 && this.isRevised(place) && !this.data.revisions[key],
      visits: { total: 0, visits: [] },
    };
  }

  async copies(_: View, key: string) {
    const stories = this.group(this.all.places.get(key)!).map((one) => ({ ...one, text: this.data.texts[one.key] ?? null }));
    return { total: stories.length, limited: false, stories };
  }

  async path(_: View, from: string, to: string): Promise<PathAnswer> {
    const [start, goal] = [this.all.places.get(from), this.all.places.get(to)];
    if (start === undefined || goal === undefined) return { found: false, stories: [], links: [] };
    const rows = start === goal ? [] : (this.linked.path(start, goal, false) ?? this.linked.path(start, goal, true));
    const stories = [start];
    for (const row of rows ?? []) {
      const last = stories[stories.length - 1];
      stories.push(this.linked.source[row] === last ? this.linked.target[row] : this.linked.source[row]);
    }
    return { found: rows !== null, stories: stories.map((place) => this.brief(place)), links: (rows ?? []).map((row) => this.link(row)) };
  }

  /** Give a story's title and text as of the moment that the slider shows, and the changes until then. */
  private asOf(view: View, key: string): { version: Partial<Revision>; revisions: Revision[] } {
    const all = this.data.revisions[key] ?? [];
    if (view.asof === null || view.clock !== "seen") return { version: {}, revisions: all };
    const revisions = all.filter(({ at }) => Date.parse(at) <= view.asof!);
    const next = all[revisions.length];
    return { version: next ? { title: next.title, text: next.text } : {}, revisions };
  }

  private isRevised(place: number): boolean {
    return this.all.changed[place] !== NO_TIME || this.all.vanished[place] !== NO_TIME;
  }

  /** Give the links that led to a story, from the seed on. */
  private discovery(place: number): StoryAnswer["discovery"] {
    const steps: StoryAnswer["discovery"] = [];
    const passed = new Set<number>();
    for (let at: number | undefined = place; at !== undefined && !passed.has(at); ) {
      passed.add(at);
      const [from, kind]: [number?, (string | null)?] = this.data.details[this.all.columns.key[at]]?.found ?? [];
      const to: number = at;
      const row = from === undefined ? undefined : this.linked.of(from).find((one) => this.linked.source[one] === from && this.linked.target[one] === to && this.data.network.kinds[this.linked.kind[one]] === kind);
      steps.push({ story: this.brief(at), link: row === undefined ? null : this.link(row) });
      at = from;
    }
    return steps.reverse();
  }

  private group(place: number): Brief[] {
    const leader = this.all.columns.group[place];
    const members = this.all.columns.group.flatMap((group, member) => (group === leader ? [member] : []));
    const order = (member: number) => (member === leader ? Number.NEGATIVE_INFINITY : this.all.timeOf(member));
    return members.sort((one, other) => order(one) - order(other)).map((member) => this.brief(member));
  }

  private brief(place: number): Brief {
    const { columns, answer } = this.all;
    const at = (value: number | null) => (value === null ? null : new Date(value).toISOString());
    const copyOf = columns.copy_of[place];
    return {
      key: columns.key[place],
      url: columns.url[place],
      site: answer.sites[columns.site[place]],
      status: answer.statuses[columns.status[place]],
      reason: answer.reasons[columns.reason[place]] || null,
      title: columns.title[place],
      published_at: at(columns.published[place]),
      published: columns.day_only[place] ? { precision: "day" } : null,
      first_seen: at(columns.seen[place])!,
      copy_of: copyOf < 0 ? null : columns.key[copyOf],
    };
  }

  private link(row: number): LinkValues {
    const columns = this.data.links.columns;
    return {
      from: this.all.columns.key[columns.source[row]],
      to: this.all.columns.key[columns.target[row]],
      kind: this.data.network.kinds[columns.kind[row]],
      heading: this.data.links.headings[this.data.links.heading[row]] || null,
      position: columns.position[row],
      anchor: "",
      relevance: columns.relevance[row] < 0 ? null : columns.relevance[row] / 1000,
      active: columns.active[row] === 1,
    };
  }
}
