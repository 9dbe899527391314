// Where the page gets its data: the server's API, or the file that it is in.
import type { MapKind, View } from "./state";
import { filterParameters } from "./state";

export interface StoryColumns {
  key: string[];
  title: string[];
  url: string[];
  site: number[];
  status: number[];
  reason: number[];
  lang: number[];
  published: (number | null)[];
  day_only: number[];
  seen: number[];
  fetched: (number | null)[];
  depth: number[];
  relevance: number[];
  group: number[];
  copy_of: number[];
  changed: (number | null)[];
  retitled: number[];
  first_changed: (number | null)[];
  first_retitled: (number | null)[];
  vanished: (number | null)[];
}

export interface NetworkAnswer {
  database: string;
  crawl: string | null;
  read_at: number;
  total: number;
  limited: boolean;
  statuses: string[];
  kinds: string[];
  sites: string[];
  reasons: string[];
  langs: string[];
  columns: StoryColumns;
  /** Stories that were ever found gone: place, from when, until when; null if still. */
  absences: [number, number, number | null][];
}

export interface LinksAnswer {
  total: number;
  limited: boolean;
  columns: Record<"source" | "target" | "kind" | "relevance" | "position" | "active" | "seen", number[]>;
}

export interface MapAnswer {
  x: number[];
  y: number[];
  island: number[];
  centres: [number, number, number][];
  names: string[];
  node: number[];
  /** Whether stories lie by site, because the links are still being read. */
  draft: boolean;
}

export interface SearchAnswer {
  stories: number[];
  limited: boolean;
  /** Whether titles alone were searched, because the texts are still being read. */
  pending: boolean;
}

export interface Brief {
  key: string;
  url: string;
  site: string;
  status: string;
  reason: string | null;
  title: string | null;
  published_at: string | null;
  published?: { precision?: string; source?: string; raw?: string; tz?: string } | null;
  first_seen: string;
  origin?: string | null;
  copy_of?: string | null;
  copy_similarity?: number | null;
  text?: string | null;
}

export interface LinkValues {
  from: string;
  to: string;
  kind: string;
  heading: string | null;
  position: number;
  anchor: string;
  relevance: number | null;
  active: boolean;
  first_seen?: string;
  last_seen?: string;
}

export interface Linked {
  link: LinkValues;
  story: Brief;
}

export interface Revision {
  at: string;
  changed: string[];
  title: string | null;
  text: string | null;
}

export interface StoryAnswer {
  story: Omit<Brief, "key"> & {
    id: string;
    text?: string | null;
    authors?: string[];
    tags?: string[];
    lang?: string | null;
    modified_at?: string | null;
    content_hash?: string | null;
    fetched_at?: string | null;
    depth: number;
    relevance?: number | null;
    aliases?: string[];
  };
  out: { total: number; limited: boolean; links: Linked[] };
  in: { total: number; limited: boolean; links: Linked[] };
  group: Brief[];
  discovery: { story: Brief; link: LinkValues | null }[];
  revisions: Revision[];
  /** Whether a saved file leaves out the story's earlier versions for want of room. */
  revisions_left_out?: boolean;
  visits: { total: number; visits: { at: string; outcome: string; reason: string | null; http_status: number | null; crawl: string; links: number }[] };
}

export interface PathAnswer {
  found: boolean;
  stories: Brief[];
  links: LinkValues[];
}

export interface Source {
  offline: boolean;
  network(view: View, fresh: boolean): Promise<NetworkAnswer>;
  links(view: View): Promise<LinksAnswer>;
  /** With `draft`, answer at once, with what is there. */
  map(view: View, of: MapKind, draft: boolean): Promise<MapAnswer>;
  search(view: View, words: string): Promise<SearchAnswer>;
  story(view: View, key: string): Promise<StoryAnswer>;
  copies(view: View, key: string): Promise<{ total: number; limited: boolean; stories: Brief[] }>;
  path(view: View, from: string, to: string): Promise<PathAnswer>;
  databases(): Promise<{ default: string; databases: { name: string; crawls: number }[] }>;
  crawls(view: View): Promise<{ total: number; crawls: { id: string; about: string | null; seeds: string[]; started_at: string }[] }>;
  /** `replaced`: what the page shows was read anew since, or holds what was removed from the database. */
  state(view: View, readAt: number): Promise<{ stories: number; links: number; replaced: boolean }>;
}

export class AnswerError extends Error {}

export class ServerSource implements Source {
  offline = false;

  network = (view: View, fresh: boolean) => this.ask<NetworkAnswer>("network", view, fresh ? { fresh: "1" } : {});
  links = (view: View) => this.ask<LinksAnswer>("links", view);
  map = (view: View, of: MapKind, draft: boolean) => this.ask<MapAnswer>("map", view, draft ? { of, draft: "1" } : { of });
  search = (view: View, words: string) => this.ask<SearchAnswer>("search", view, { q: words, draft: "1" });
  story = (view: View, key: string) => this.ask<StoryAnswer>("story", view, { story: key, ...momentOf(view) });
  copies = (view: View, key: string) => this.ask<{ total: number; limited: boolean; stories: Brief[] }>("copies", view, { story: key });
  databases = () => this.ask<Awaited<ReturnType<Source["databases"]>>>("databases");
  crawls = (view: View) => this.ask<Awaited<ReturnType<Source["crawls"]>>>("crawls", view);
  state = (view: View, readAt: number) => this.ask<Awaited<ReturnType<Source["state"]>>>("state", view, { read_at: String(readAt) });

  /** A path along the links; where there is none, one that also goes against them. */
  async path(view: View, from: string, to: string): Promise<PathAnswer> {
    const kinds: Record<string, string> = view.kinds.length ? { kinds: view.kinds.join(",") } : {};
    const along = await this.ask<PathAnswer>("path", view, { from, to, ...kinds });
    return along.found ? along : this.ask<PathAnswer>("path", view, { from, to, direction: "both", ...kinds });
  }

  private async ask<T>(path: string, view?: View, more: Record<string, string> = {}): Promise<T> {
    const given = new URLSearchParams(more);
    if (view?.db) given.set("db", view.db);
    if (view?.crawl) given.set("crawl", view.crawl);
    let answer: Response;
    try {
      answer = await fetch(`api/${path}?${given}`);
    } catch {
      throw new AnswerError("gone");
    }
    if (!answer.ok) {
      const text = await answer.text();
      let reason = text.slice(0, 500);
      try {
        const { error, code } = JSON.parse(text);
        reason = code ?? error;
      } catch {
        // the guard answers in plain text
      }
      throw new AnswerError(reason);
    }
    return (await answer.json()) as T;
  }
}

/** Give the moment as of which a story is shown: that of the slider, where it goes by what the crawl saw. */
function momentOf(view: View): Record<string, string> {
  return view.asof !== null && view.clock === "seen" ? { as_of: new Date(view.asof).toISOString() } : {};
}

/** Give the address of a file that the server makes of what is shown. */
export function fileAddress(name: string, view: View): string {
  const given = new URLSearchParams(filterParameters(view));
  if (view.db) given.set("db", view.db);
  if (view.crawl) given.set("crawl", view.crawl);
  return `api/${name}?${given}`;
}
