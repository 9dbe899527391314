// What is shown, as it stands in the address: a view can be kept, shared and opened again.

export type MapKind = "stories" | "sites" | "groups";
export type ColorBy = "island" | "site" | "time" | "relevance" | "depth";
export type Clock = "published" | "seen";
export type Tab = "text" | "links" | "copies" | "history" | "why";

export interface View {
  db: string;
  crawl: string;
  q: string;
  site: string[];
  status: string[];
  mark: string[];
  lang: string[];
  since: number | null;
  until: number | null;
  rel: number;
  depth: number | null;
  group: string;
  kinds: string[];
  story: string;
  tab: Tab;
  goal: string;
  map: MapKind;
  color: ColorBy;
  clock: Clock;
  asof: number | null;
}

export const EMPTY: View = {
  db: "",
  crawl: "",
  q: "",
  site: [],
  status: [],
  mark: [],
  lang: [],
  since: null,
  until: null,
  rel: 0,
  depth: null,
  group: "",
  kinds: [],
  story: "",
  tab: "text",
  goal: "",
  map: "stories",
  color: "island",
  clock: "published",
  asof: null,
};

const CHOICES: Partial<Record<keyof View, string[]>> = {
  tab: ["text", "links", "copies", "history", "why"],
  map: ["stories", "sites", "groups"],
  color: ["island", "site", "time", "relevance", "depth"],
  clock: ["published", "seen"],
};

export function readView(hash: string): View {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const view: Record<string, unknown> = { ...EMPTY };
  for (const [name, usual] of Object.entries(EMPTY) as [keyof View, View[keyof View]][]) {
    const text = given.get(name);
    if (text === null) continue;
    if (Array.isArray(usual)) view[name] = text.split(",").filter(Boolean);
    else if (typeof usual === "number" || usual === null) view[name] = /^-?\d{1,16}$/.test(text) ? Number(text) : usual;
    else if (CHOICES[name] === undefined || CHOICES[name]!.includes(text)) view[name] = text;
  }
  return view as unknown as View;
}

export function writeView(view: View): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(view)) {
    const usual = EMPTY[name as keyof View];
    if (Array.isArray(value) ? value.length > 0 : value !== usual) given.set(name, String(value));
  }
  const text = given.toString();
  return text ? `#${text}` : "";
}

/** Give the filters of a view as parameters of the API. */
export function filterParameters(view: View): Record<string, string> {
  const given: Record<string, string> = {};
  if (view.q.trim()) given.q = view.q.trim();
  for (const name of ["site", "status", "mark", "lang"] as const) if (view[name].length) given[name] = view[name].join(",");
  if (view.since !== null) given.since = String(view.since);
  if (view.until !== null) given.until = String(view.until);
  if (view.rel > 0) given.min_relevance = String(view.rel);
  if (view.depth !== null) given.max_depth = String(view.depth);
  if (view.group) given.group = view.group;
  return given;
}

/** Give the moment until which what the crawl saw is shown; null for all: by publication, all but the stories is today's. */
export function seenUntil(view: View): number | null {
  return view.clock === "seen" ? view.asof : null;
}

export function toggled(list: string[], value: string): string[] {
  return list.includes(value) ? list.filter((one) => one !== value) : [...list, value];
}

export const NO_FILTERS: Partial<View> = {
  q: "",
  site: [],
  status: [],
  mark: [],
  lang: [],
  since: null,
  until: null,
  rel: 0,
  depth: null,
  group: "",
};
