// The bar on top: database and crawl, search, filters that are on, share, save, language, light and dark.
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Change, Theme } from "./App";
import { clean, exactTime, type Language, say, sayValue, time } from "./format";
import { savePng, saveSvg } from "./map/pictures";
import type { MapRenderer } from "./map/renderer";
import type { Network } from "./network";
import { fileAddress, type Source } from "./source";
import { NO_FILTERS, type View } from "./state";

interface Props {
  source: Source;
  view: View;
  change: Change;
  network: Network;
  renderer: RefObject<MapRenderer | null>;
  language: Language;
  setLanguage: (language: Language) => void;
  theme: Theme;
  setTheme: (theme: Theme) => void;
}

export function Header(props: Props) {
  const { source, view, change, language, setLanguage, theme, setTheme } = props;
  return (
    <header>
      <div class="bar">
        {source.offline ? <strong class="database">{clean(props.network.answer.database)}</strong> : <Databases {...props} />}
        <SearchBox view={view} change={change} />
        <div class="tools">
          <Share offline={source.offline} />
          <Save {...props} />
          <button class="quiet" lang={language === "zh" ? "en" : "zh"} onClick={() => setLanguage(language === "zh" ? "en" : "zh")}>
            {language === "zh" ? "English" : "\u4e2d\u6587"}
          </button>
          <label class="hidden" for="theme">
            {say("theme")}
          </label>
          <select id="theme" class="quiet" value={theme} onChange={(event) => setTheme(event.currentTarget.value as Theme)}>
            {(["auto", "light", "dark"] as const).map((name) => (
              <option key={name} value={name}>
                {say(`theme.${name}`)}
              </option>
            ))}
          </select>
        </div>
      </div>
      <Filters view={view} change={change} network={props.network} />
    </header>
  );
}

function Databases({ source, view, change, network }: Props) {
  const [databases, setDatabases] = useState<{ name: string; crawls: number }[]>([]);
  const [crawls, setCrawls] = useState<{ id: string; about: string | null; started_at: string; seeds: string[] }[]>([]);
  useEffect(() => {
    source.databases().then(
      (answer) => setDatabases(answer.databases),
      () => setDatabases([]),
    );
  }, [source]);
  useEffect(() => {
    source.crawls(view).then(
      (answer) => setCrawls(answer.crawls),
      () => setCrawls([]),
    );
  }, [source, view.db, network]);
  const name = network.answer.database;
  const listed = databases.some((one) => one.name === name) ? databases : [{ name, crawls: 0 }, ...databases];
  const clear = { ...NO_FILTERS, story: "", goal: "", asof: null };
  return (
    <div class="database">
      <label class="hidden" for="database">
        {say("database")}
      </label>
      <select id="database" title={say("database")} value={name} onChange={(event) => change({ ...clear, db: event.currentTarget.value, crawl: "" })}>
        {listed.map((one) => (
          <option key={one.name} value={one.name}>
            {clean(one.name)}
          </option>
        ))}
      </select>
      <label class="hidden" for="crawl">
        {say("crawl")}
      </label>
      <select id="crawl" title={say("crawl")} value={view.crawl} onChange={(event) => change({ ...clear, crawl: event.currentTarget.value })}>
        <option value="">{say("crawl.all")}</option>
        {crawls.map((crawl) => (
          <option key={crawl.id} value={crawl.id}>
            {exactTime(Date.parse(crawl.started_at))} {clean(crawl.about ?? "").slice(0, 30)}
          </option>
        ))}
      </select>
    </div>
  );
}

function SearchBox({ view, change }: { view: View; change: Change }) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const inField = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key === "/" && !inField && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        box.current?.focus();
      }
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);
  return (
    <div class="search" role="search">
      <input
        ref={box}
        type="search"
        maxLength={200}
        aria-label={say("search.label")}
        placeholder={say("search.placeholder")}
        value={view.q}
        onInput={(event) => change({ q: event.currentTarget.value })}
      />
    </div>
  );
}

function Filters({ view, change, network }: { view: View; change: Change; network: Network }) {
  const chips: [string, Partial<View>][] = [];
  if (view.q.trim()) chips.push([`\u201c${view.q.trim()}\u201d`, { q: "" }]);
  const list = (name: "site" | "status" | "mark" | "lang", show: (value: string) => string) => {
    for (const value of view[name]) chips.push([show(value), { [name]: view[name].filter((one) => one !== value) }]);
  };
  list("site", clean);
  list("status", (value) => sayValue("status", value));
  list("mark", (value) => sayValue("mark", value));
  list("lang", clean);
  if (view.since !== null) chips.push([say("filter.since", { time: time(view.since) }), { since: null }]);
  if (view.until !== null) chips.push([say("filter.until", { time: time(view.until) }), { until: null }]);
  if (view.rel > 0) chips.push([say("filter.rel", { value: (view.rel / 1000).toFixed(2) }), { rel: 0 }]);
  if (view.depth !== null) chips.push([say("filter.depth", { n: view.depth }), { depth: null }]);
  if (view.group) {
    const leader = network.places.get(view.group);
    chips.push([leader === undefined ? say("filter.group") : clean(network.columns.title[leader]).slice(0, 24), { group: "" }]);
  }
  if (!chips.length) return null;
  return (
    <ul class="chips" aria-label={say("filter.title")}>
      {chips.map(([label, without]) => (
        <li key={label}>
          <button onClick={() => change(without)} aria-label={say("filter.remove", { what: label })}>
            {label} <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
      <li>
        <button class="quiet" onClick={() => change(NO_FILTERS)}>
          {say("filter.clear")}
        </button>
      </li>
    </ul>
  );
}

function Share({ offline }: { offline: boolean }) {
  const [message, setMessage] = useState("");
  const copy = async () => {
    if (offline) return setMessage(say("share.file"));
    try {
      await navigator.clipboard.writeText(location.href);
      setMessage(say("share.done"));
    } catch {
      setMessage(location.href);
    }
    setTimeout(() => setMessage(""), 6_000);
  };
  return (
    <span class="share">
      <button class="quiet" onClick={copy}>
        {say("share")}
      </button>
      <span role="status" class={message ? "toast" : "hidden"}>
        {message}
      </span>
    </span>
  );
}

function Save({ source, view, renderer }: Props) {
  const menu = useRef<HTMLDetailsElement>(null);
  const close = () => menu.current && (menu.current.open = false);
  useEffect(() => {
    const away = (event: Event) => !menu.current?.contains(event.target as Node) && close();
    const escape = (event: KeyboardEvent) => event.key === "Escape" && close();
    addEventListener("pointerdown", away);
    addEventListener("focusin", away);
    addEventListener("keydown", escape);
    return () => {
      removeEventListener("pointerdown", away);
      removeEventListener("focusin", away);
      removeEventListener("keydown", escape);
    };
  }, []);
  const files = [
    ["save.csv", "stories.csv"],
    ["save.xlsx", "network.xlsx"],
    ["save.html", "network.html"],
  ] as const;
  return (
    <details class="menu" ref={menu}>
      <summary>{say("save")}</summary>
      <ul>
        {!source.offline &&
          files.map(([label, name]) => (
            <li key={name}>
              <a href={fileAddress(name, view)} download={name} onClick={close}>
                {say(label)}
              </a>
            </li>
          ))}
        <li>
          <button onClick={() => (close(), renderer.current?.map && savePng(renderer.current))}>{say("save.png")}</button>
        </li>
        <li>
          <button onClick={() => (close(), renderer.current?.map && saveSvg(renderer.current))}>{say("save.svg")}</button>
        </li>
      </ul>
    </details>
  );
}
