// One story: its text, links, copies, history, the way on which it was found, and paths to others.
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Change } from "../App";
import { clean, safeUrl, say, sayValue, time, utc } from "../format";
import type { MapRenderer } from "../map/renderer";
import type { Links, Network } from "../network";
import type { Brief, Linked, PathAnswer, Source, StoryAnswer } from "../source";
import type { Tab, View } from "../state";
import { Copies } from "./Copies";
import { History } from "./History";
import { PathFinder } from "./PathFinder";
import { Marked, StoryTime } from "./StoryList";

interface Props {
  source: Source;
  network: Network;
  links: Links | null;
  view: View;
  change: Change;
  place: number;
  path: PathAnswer | null;
  picking: boolean;
  setPicking: (picking: boolean) => void;
  choose: (key: string) => void;
  renderer: RefObject<MapRenderer | null>;
  showMap: () => void;
}

/** Milliseconds that the moment must rest before a story is read as of it. */
const PLAYING_PAUSE = 300;
const TABS: Tab[] = ["text", "links", "copies", "history", "why"];

export function StoryPanel(props: Props) {
  const { source, network, view, change, place, choose } = props;
  const { columns, answer } = network;
  const key = columns.key[place];
  const [state, setState] = useState<{ key: string; answer?: StoryAnswer; error?: string }>({ key: "" });
  const heading = useRef<HTMLHeadingElement>(null);
  const moment = view.clock === "seen" ? view.asof : null;
  useEffect(() => {
    let current = true;
    const ask = () =>
      source.story(view, key).then(
        (found) => current && setState({ key, answer: found }),
        (error: Error) => current && setState({ key, error: error.message }),
      );
    const timer = setTimeout(ask, moment === null ? 0 : PLAYING_PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [source, view.db, view.crawl, key, moment]);
  useEffect(() => heading.current?.focus({ preventScroll: true }), [key]);
  useEffect(() => {
    const escape = (event: KeyboardEvent) => event.key === "Escape" && change({ story: "", goal: "" });
    addEventListener("keydown", escape);
    return () => removeEventListener("keydown", escape);
  }, []);
  const held = state.key === key ? state.answer : undefined;
  const url = safeUrl(columns.url[place]);
  const status = answer.statuses[columns.status[place]];
  const reason = answer.reasons[columns.reason[place]];
  return (
    <section class="side story" aria-label={say("panel.story")}>
      <button class="text back" onClick={() => change({ story: "", goal: "" })}>
        ← {say("story.close")}
      </button>
      <h2 ref={heading} tabIndex={-1}>
        <Marked text={clean(columns.title[place]) || say("story.untitled")} words={view.q} />
      </h2>
      <p class="about">
        <strong>{clean(answer.sites[columns.site[place]])}</strong> ·{" "}
        <StoryTime network={network} place={place} more={howKnown(held)} />
        <em class={`badge ${status}`} title={clean(reason)}>
          {sayValue("status", status)}
          {reason && ` · ${clean(sayValue("reason", reason))}`}
        </em>
      </p>
      {held && <Credits answer={held} />}
      <p class="actions">
        {url ? (
          <a href={url} target="_blank" rel="noopener noreferrer" referrerPolicy="no-referrer" title={url}>
            {say("story.open")} ↗
          </a>
        ) : (
          <span>{clean(columns.url[place]).slice(0, 200)}</span>
        )}
        <button
          class="text"
          onClick={() => {
            props.showMap();
            requestAnimationFrame(() => {
              const drawn = props.renderer.current;
              if (drawn?.map) drawn.showNode(drawn.map.node[place], true);
            });
          }}
        >
          {say("story.locate")}
        </button>
      </p>
      <PathFinder {...props} storyKey={key} />
      <Tabs view={view} change={change} network={network} place={place} />
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${view.tab}`} tabIndex={0}>
        {state.key === key && state.error ? (
          <p role="alert">{state.error === "gone" ? say("error.gone") : state.error}</p>
        ) : !held ? (
          <p role="status">{say("story.loading")}</p>
        ) : view.tab === "text" ? (
          <Text answer={held} offline={source.offline} words={view.q} />
        ) : view.tab === "links" ? (
          <LinkLists answer={held} choose={choose} network={network} />
        ) : view.tab === "copies" ? (
          <Copies source={source} view={view} answer={held} storyKey={key} choose={choose} />
        ) : view.tab === "history" ? (
          <History answer={held} offline={source.offline} />
        ) : (
          <Why answer={held} choose={choose} />
        )}
      </div>
    </section>
  );
}

function howKnown(answer: StoryAnswer | undefined): string {
  const published = answer?.story.published;
  if (!published?.source) return "";
  const source = sayValue("source", published.source);
  return `\n${say("story.how", { source, precision: sayValue("precision", published.precision ?? "") })}\n${clean(published.raw)}`;
}

function Credits({ answer }: { answer: StoryAnswer }) {
  const { origin, authors, tags } = answer.story;
  return (
    <>
      {(origin || (authors && authors.length > 0)) && (
        <p class="about">
          {[origin && say("story.origin", { origin: clean(origin) }), authors && authors.length > 0 && say("story.by", { authors: authors.map(clean).join(", ") })].filter(Boolean).join(" · ")}
        </p>
      )}
      {tags && tags.length > 0 && (
        <p class="tags">
          {tags.slice(0, 12).map((tag) => (
            <span key={tag}>{clean(tag).slice(0, 40)}</span>
          ))}
        </p>
      )}
    </>
  );
}

function Tabs({ view, change, network, place }: { view: View; change: Change; network: Network; place: number }) {
  const more: Partial<Record<Tab, number>> = { copies: network.groupSize[network.columns.group[place]] - 1 };
  const step = (event: KeyboardEvent) => {
    const way = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!way) return;
    const next = TABS[(TABS.indexOf(view.tab) + way + TABS.length) % TABS.length];
    change({ tab: next });
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div role="tablist" class="tabs" onKeyDown={step}>
      {TABS.map((tab) => (
        <button key={tab} id={`tab-${tab}`} role="tab" aria-selected={view.tab === tab} aria-controls="tab-panel" tabIndex={view.tab === tab ? 0 : -1} onClick={() => change({ tab })}>
          {say(`tab.${tab}`)}
          {(more[tab] ?? 0) > 0 && <small> {more[tab]}</small>}
        </button>
      ))}
    </div>
  );
}

function Text({ answer, offline, words }: { answer: StoryAnswer; offline: boolean; words: string }) {
  const text = answer.story.text;
  if (!text) return <p class="note">{say(offline && answer.story.status === "fetched" ? "text.offline" : "text.none")}</p>;
  return (
    <div class="text-body" lang={answer.story.lang ?? undefined} dir="auto">
      {clean(text)
        .split("\n")
        .map((paragraph, index) => (
          <p key={index}>
            <Marked text={paragraph} words={words} />
          </p>
        ))}
    </div>
  );
}

function LinkLists({ answer, choose, network }: { answer: StoryAnswer; choose: (key: string) => void; network: Network }) {
  return (
    <>
      {(["out", "in"] as const).map((way) => (
        <div key={way}>
          <h3>{say(`links.${way}`, { n: answer[way].total })}</h3>
          {answer[way].limited && <p class="note">{say("links.limited", { shown: answer[way].links.length, total: answer[way].total })}</p>}
          {answer[way].links.length === 0 && <p class="note">{say("links.none")}</p>}
          <ul class="stories">
            {answer[way].links.map((one) => (
              <LinkLine key={`${one.link.kind} ${one.story.key}`} one={one} choose={choose} known={network.places.has(one.story.key)} />
            ))}
          </ul>
        </div>
      ))}
    </>
  );
}

function LinkLine({ one, choose, known }: { one: Linked; choose: (key: string) => void; known: boolean }) {
  const { link, story } = one;
  const where = link.heading ? say("links.place", { heading: clean(link.heading), n: link.position }) : say("links.place.none", { n: link.position });
  return (
    <li>
      <button disabled={!known} onClick={() => choose(story.key)}>
        <BriefLine story={story} />
        <span class="about">
          {sayValue("kind", link.kind)} · {where}
          {!link.active && <em class="badge vanished">{say("links.was")}</em>}
        </span>
      </button>
    </li>
  );
}

export function BriefLine({ story }: { story: Brief }) {
  const at = story.published_at ? Date.parse(story.published_at) : null;
  return (
    <>
      <span class="title">{clean(story.title) || say("story.untitled")}</span>
      <span class="about">
        {clean(story.site)} · <span title={utc(at)}>{time(at, story.published?.precision === "day")}</span>
      </span>
    </>
  );
}

function Why({ answer, choose }: { answer: StoryAnswer; choose: (key: string) => void }) {
  const { reason, fetched_at } = answer.story;
  return (
    <>
      <h3>{say("why.title")}</h3>
      <ol class="steps">
        {answer.discovery.map(({ story, link }, index) => (
          <li key={story.key}>
            <span class="about">
              {link ? (link.heading ? say("why.step", { heading: clean(link.heading), n: link.position }) : say("why.step.none", { n: link.position })) : index === 0 ? say("why.seed") : ""}
            </span>
            <button class="text" onClick={() => choose(story.key)}>
              {clean(story.title) || say("story.untitled")}
            </button>
            <span class="about"> {clean(story.site)}</span>
          </li>
        ))}
      </ol>
      {reason && <p>{say("why.reason", { reason: `${clean(sayValue("reason", reason))} (${clean(reason)})` })}</p>}
      {fetched_at && <p title={utc(Date.parse(fetched_at))}>{say("why.read", { time: time(Date.parse(fetched_at)) })}</p>}
    </>
  );
}
