// The whole page: loads what the address asks for, and hands each part what it shows.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { askedLanguage, browserLanguage, clean, type Language, say, setLanguage, time } from "./format";
import { Header } from "./Header";
import { MapView } from "./map/MapView";
import type { MapRenderer } from "./map/renderer";
import { Links, Network, StoryMap } from "./network";
import { Course } from "./panels/Course";
import { Happened } from "./panels/Happened";
import { StoryList } from "./panels/StoryList";
import { StoryPanel } from "./panels/StoryPanel";
import type { PathAnswer, Source } from "./source";
import { NO_FILTERS, readView, seenUntil, type View, writeView } from "./state";

const SEARCH_PAUSE = 150;
const PENDING_PAUSE = 700;
const NEWS_PAUSE = 20_000;
type Panel = "happened" | "map" | "stories";
export type Theme = "auto" | "light" | "dark";
export type Change = (change: Partial<View>) => void;

export function App({ source }: { source: Source }) {
  const [view, change] = useView();
  const asked = askedLanguage();
  const kept = asked ? `language.${asked}` : "language"; // what a reader once chose does not outweigh --lang
  const [language, setLanguageHere] = useKept<Language>(kept, asked ?? browserLanguage());
  const [theme, setTheme] = useKept<Theme>("theme", "auto");
  const [panel, setPanel] = useState<Panel>("map");
  const [picking, setPicking] = useState(false);
  const [attempt, setAttempt] = useState(0);
  const [hovered, setHovered] = useState(-1);
  const renderer = useRef<MapRenderer | null>(null);
  setLanguage(language);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    renderer.current?.recolor();
  }, [theme]);
  useEffect(() => {
    document.title = `${view.db || "kolcrawl"} · ${say("app.name")}`;
  }, [language, view.db]);

  const { network, links, error } = useNetwork(source, view, attempt);
  const map = useMap(source, view, network, attempt);
  const { found, cut, pending } = useSearch(source, view, network);
  const path = usePath(source, view);
  const passes = useMemo(() => network?.filter(view, found), [network, found, ...filterValues(view)]);
  const shown = useMemo(() => passes && network && asOf(passes, network, view), [passes, network, view.asof, view.clock, view.mark.join()]);
  const reload = useCallback(() => setAttempt((attempt) => attempt + 1), []);
  const news = useNews(source, view, network, reload);

  const choose = useCallback(
    (key: string) => {
      if (picking) change({ goal: key });
      else change({ story: key, goal: "", tab: view.story ? view.tab : "text" });
      setPicking(false);
      if (!picking) setPanel("stories");
    },
    [picking, change, view.story, view.tab],
  );

  if (error) return <Failure reason={error} database={view.db} retry={() => setAttempt(attempt + 1)} />;
  if (!network || !passes || !shown) return <Waiting />;
  if (network.count === 0 && !source.offline) {
    return (
      <div class="page">
        <Header {...{ source, view, change, network, renderer, language, setLanguage: setLanguageHere, theme, setTheme }} />
        <main class="message">
          <h1>{say("empty.title")}</h1>
          <p>{say("empty.text")}</p>
        </main>
      </div>
    );
  }
  const selected = network.places.get(view.story) ?? -1;
  return (
    <div class={`page show-${panel}`}>
      <a class="skip" href="#list" onClick={(event) => skipToList(event, setPanel)}>
        {say("app.skip")}
      </a>
      <Header {...{ source, view, change, network, renderer, language, setLanguage: setLanguageHere, theme, setTheme }} />
      {news && (
        <p class="news" role="status">
          {say("news", news)} <button onClick={() => setAttempt(attempt + 1)}>{say("news.load")}</button>
        </p>
      )}
      {source.offline && <p class="news">{say("offline", { time: time(network.answer.read_at) })}</p>}
      <nav class="panels" aria-label={say("app.name")}>
        {(["happened", "map", "stories"] as const).map((name) => (
          <button key={name} aria-pressed={panel === name} onClick={() => setPanel(name)}>
            {say(name === "stories" && selected >= 0 ? "panel.story" : `panel.${name}`)}
          </button>
        ))}
      </nav>
      <main class="work">
        <Happened {...{ network, links, map, view, change, shown, choose, renderer, cut: cut && view.q !== "", pending }} />
        <section class="middle" aria-label={say("panel.map")}>
          <MapView {...{ network, links, map, view, change, shown, selected, hovered, setHovered, path, choose, renderer, theme }} />
          <Course {...{ network, passes, shown, view, change }} />
        </section>
        {selected >= 0 ? (
          <StoryPanel {...{ source, network, links, view, change, place: selected, path, picking, setPicking, choose, renderer, showMap: () => setPanel("map") }} />
        ) : (
          <StoryList {...{ source, network, links, view, change, shown, choose, setHovered, renderer }} />
        )}
      </main>
    </div>
  );
}

function skipToList(event: Event, setPanel: (panel: Panel) => void): void {
  event.preventDefault(); // the address holds the view, so it cannot hold a place on the page
  setPanel("stories");
  requestAnimationFrame(() => document.getElementById("list")?.focus());
}

function Waiting() {
  return (
    <div class="message" role="status">
      <div class="spinner" />
      <p>{say("app.loading")}</p>
    </div>
  );
}

function Failure({ reason, database, retry }: { reason: string; database: string; retry: () => void }) {
  const words = reason === "gone" ? say("error.gone") : reason === "no_database" ? say("error.no_database", { name: clean(database) }) : reason;
  return (
    <div class="message" role="alert">
      <h1>{say("error.title")}</h1>
      <p>{words}</p>
      <button class="main-action" onClick={retry}>
        {say("error.retry")}
      </button>{" "}
      <button onClick={() => location.assign(location.pathname + location.search)}>{say("empty.clear")}</button>
    </div>
  );
}

/** Keep the view in the address; back and forward go through the stories that were looked at. */
function useView(): [View, Change] {
  const [view, setView] = useState(() => readView(location.hash));
  const held = useRef(view);
  held.current = view;
  useEffect(() => {
    const follow = () => setView(readView(location.hash));
    addEventListener("hashchange", follow);
    addEventListener("popstate", follow);
    return () => {
      removeEventListener("hashchange", follow);
      removeEventListener("popstate", follow);
    };
  }, []);
  const change = useCallback((wanted: Partial<View>) => {
    const next = { ...held.current, ...wanted };
    const address = writeView(next) || location.pathname + location.search;
    const step = "story" in wanted && wanted.story !== held.current.story;
    held.current = next;
    try {
      history[step ? "pushState" : "replaceState"](null, "", address);
    } catch {
      location.hash = writeView(next); // browsers bound how often the history may be written
    }
    setView(next);
  }, []);
  return [view, change];
}

function useKept<T extends string>(name: string, usual: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => {
    try {
      return (localStorage.getItem(`kolcrawl.${name}`) as T | null) ?? usual;
    } catch {
      return usual; // a browser may refuse to keep anything
    }
  });
  const keep = (next: T) => {
    try {
      localStorage.setItem(`kolcrawl.${name}`, next);
    } catch {
      // then for this visit only
    }
    setValue(next);
  };
  return [value, keep];
}

function useNetwork(source: Source, view: View, attempt: number) {
  const [state, setState] = useState<{ network?: Network; links: Links | null; error?: string }>({ links: null });
  useEffect(() => {
    let current = true;
    const load = async () => {
      setState((held) => (held.error ? { links: null } : held));
      try {
        const network = new Network(await source.network(view, true));
        if (!current) return;
        setState({ network, links: null });
        const links = new Links(await source.links(view), network.count);
        network.links = links;
        if (current) setState({ network, links });
      } catch (error) {
        if (current) setState({ links: null, error: (error as Error).message });
      }
    };
    void load();
    return () => {
      current = false;
    };
  }, [source, view.db, view.crawl, attempt]);
  return state;
}

function useMap(source: Source, view: View, network: Network | undefined, attempt: number): StoryMap | null {
  const [map, setMap] = useState<{ map: StoryMap; of: string; network: Network } | null>(null);
  useEffect(() => {
    if (!network) return;
    let current = true;
    const load = async (draft: boolean): Promise<void> => {
      const answer = await source.map(view, view.map, draft);
      if (current) setMap({ map: new StoryMap(answer), of: view.map, network });
      if (current && answer.draft) await load(false);
    };
    load(true).catch(() => current && setMap(null));
    return () => {
      current = false;
    };
  }, [source, network, view.map, attempt]);
  return map && map.network === network && map.of === view.map && map.map.node.length === network.count ? map.map : null;
}

interface Found {
  found: Set<number> | null;
  cut: boolean;
  /** Whether titles alone were searched so far. */
  pending: boolean;
}

const NOTHING_SOUGHT: Found = { found: null, cut: false, pending: false };

function useSearch(source: Source, view: View, network: Network | undefined): Found {
  const [result, setResult] = useState<Found>(NOTHING_SOUGHT);
  const words = view.q.trim();
  useEffect(() => {
    if (!network || !words) return setResult(NOTHING_SOUGHT);
    let current = true;
    let timer = 0;
    const ask = () =>
      source.search(view, words).then(
        (answer) => {
          if (!current) return;
          setResult({ found: new Set(answer.stories), cut: answer.limited, pending: answer.pending });
          if (answer.pending) timer = window.setTimeout(ask, PENDING_PAUSE);
        },
        () => current && setResult({ found: new Set(), cut: false, pending: false }),
      );
    timer = window.setTimeout(ask, SEARCH_PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [source, network, words]);
  return words ? result : NOTHING_SOUGHT;
}

function usePath(source: Source, view: View): PathAnswer | null {
  const [path, setPath] = useState<PathAnswer | null>(null);
  useEffect(() => {
    setPath(null);
    if (!view.story || !view.goal) return;
    let current = true;
    source.path(view, view.story, view.goal).then(
      (answer) => current && setPath(answer),
      () => current && setPath({ found: false, stories: [], links: [] }),
    );
    return () => {
      current = false;
    };
  }, [source, view.db, view.crawl, view.story, view.goal, view.kinds.join()]);
  return path;
}

/** Ask now and then if the database has grown; what was removed from it goes from the page at once. */
function useNews(source: Source, view: View, network: Network | undefined, reload: () => void): { stories: number; links: number } | null {
  const [news, setNews] = useState<{ stories: number; links: number } | null>(null);
  useEffect(() => {
    setNews(null);
    if (!network || source.offline) return;
    const ask = () => {
      if (document.hidden) return;
      source.state(view, network.answer.read_at).then(
        ({ stories, links, replaced }) => {
          if (replaced) reload();
          else if (!view.crawl && stories + links > 0) setNews({ stories, links });
        },
        () => undefined, // the next question that matters will say it
      );
    };
    ask();
    const timer = setInterval(ask, NEWS_PAUSE);
    return () => clearInterval(timer);
  }, [source, network]);
  return news;
}

function filterValues(view: View): unknown[] {
  return Object.keys(NO_FILTERS).map((name) => String(view[name as keyof View]));
}

function asOf(passes: Uint8Array, network: Network, view: View): Uint8Array {
  if (view.asof === null) return passes;
  const marked = (place: number) => !view.mark.length || view.mark.some((mark) => network.hasMark(place, mark, seenUntil(view)));
  return passes.map((pass, place) => (pass && network.timeOf(place, view.clock) <= view.asof! && marked(place) ? 1 : 0));
}

export function countShown(shown: Uint8Array): number {
  let sum = 0;
  for (const one of shown) sum += one;
  return sum;
}

