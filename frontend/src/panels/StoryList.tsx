// The stories that are shown, as a list: the map for whoever reads or hears it.
import type { RefObject } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Change, countShown } from "../App";
import { fold } from "../fold";
import { clean, count, say, sayValue, time, utc } from "../format";
import type { MapRenderer } from "../map/renderer";
import { type Links, type Network, NO_TIME } from "../network";
import type { Source } from "../source";
import { NO_FILTERS, seenUntil, type View } from "../state";

interface Props {
  source: Source;
  network: Network;
  links: Links | null;
  view: View;
  change: Change;
  shown: Uint8Array;
  choose: (key: string) => void;
  setHovered: (place: number) => void;
  renderer: RefObject<MapRenderer | null>;
}

const PAGE = 100;
/** Later than any time: stories without a date of publication come last, whatever the order. */
const UNDATED = 1e15;
const ORDERS = ["new", "old", "in", "relevance"] as const;
type Order = (typeof ORDERS)[number];

export function StoryList({ network, links, view, change, shown, choose, setHovered }: Props) {
  const [order, setOrder] = useState<Order>("new");
  const [length, setLength] = useState(PAGE);
  useEffect(() => setLength(PAGE), [shown, order]);
  const places = useMemo(() => ordered(network, links, shown, order), [network, links, shown, order]);
  return (
    <section class="side" aria-label={say("panel.stories")}>
      <div class="list-head">
        <h2 id="list" tabIndex={-1} aria-live="polite">
          {say("list.count", { shown: countShown(shown), total: network.count })}
        </h2>
        <label>
          <span class="hidden">{say("list.sort")}</span>
          <select value={order} onChange={(event) => setOrder(event.currentTarget.value as Order)}>
            {ORDERS.map((name) => (
              <option key={name} value={name}>
                {say(`sort.${name}`)}
              </option>
            ))}
          </select>
        </label>
      </div>
      {places.length === 0 && (
        <div class="nothing">
          <p>{say("empty.filtered")}</p>
          <button onClick={() => change({ ...NO_FILTERS, asof: null })}>{say("empty.clear")}</button>
        </div>
      )}
      <ol class="stories">
        {places.slice(0, length).map((place) => (
          <li key={place}>
            <button onClick={() => choose(network.columns.key[place])} onPointerEnter={() => setHovered(place)} onPointerLeave={() => setHovered(-1)}>
              <StoryLine network={network} place={place} words={view.q} asOf={seenUntil(view)} />
            </button>
          </li>
        ))}
      </ol>
      {places.length > length && (
        <button class="main-action" onClick={() => setLength(length + PAGE)}>
          {say("list.more", { n: Math.min(PAGE, places.length - length) })}
        </button>
      )}
    </section>
  );
}

export function StoryLine({ network, place, words = "", asOf = null }: { network: Network; place: number; words?: string; asOf?: number | null }) {
  const { columns, answer } = network;
  const status = answer.statuses[columns.status[place]];
  const marks = ["vanished", "retitled", "changed", "copy"].filter((mark) => network.hasMark(place, mark, asOf) && !(mark === "changed" && network.hasMark(place, "retitled", asOf)));
  return (
    <>
      <span class="title">
        <Marked text={clean(columns.title[place]) || say("story.untitled")} words={words} />
      </span>
      <span class="about">
        {clean(answer.sites[columns.site[place]])} ·{" "}
        <StoryTime network={network} place={place} />
        {status !== "fetched" && status !== "gone" && <em class="badge">{sayValue("status", status)}</em>}
        {marks.map((mark) => (
          <em key={mark} class={`badge ${mark}`}>
            {sayValue("mark", mark)}
            {mark === "copy" || network.groupSize[place] < 2 ? "" : ` ${count(network.groupSize[place])}`}
          </em>
        ))}
      </span>
    </>
  );
}

/** When a story was published; where that is not known, when it was first seen, and that it is that. */
export function StoryTime({ network, place, more = "" }: { network: Network; place: number; more?: string }) {
  const { published, seen, day_only } = network.columns;
  const at = published[place];
  if (at === null) return <span title={utc(seen[place])}>{say("time.first_seen", { time: time(seen[place]) })}</span>;
  return <span title={utc(at) + more}>{time(at, day_only[place] === 1)}</span>;
}

/** A text with the words that were searched for marked. */
export function Marked({ text, words }: { text: string; words: string }) {
  const needles = fold(words).split(/\s+/).filter(Boolean).slice(0, 8);
  if (!needles.length) return <>{text}</>;
  const escaped = needles.map((needle) => needle.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const folded = fold(text);
  let end = 0;
  // the text as it is written, where each letter of it stands for one letter of its folded form
  const cut = (part: string) => (folded.length === text.length ? text.slice(end, (end += part.length)) : part);
  const source = folded.length === text.length ? folded : text;
  const parts = source.split(new RegExp(`(${escaped.join("|")})`, "gi")).map(cut);
  return <>{parts.map((part, index) => (index % 2 ? <mark key={index}>{part}</mark> : part))}</>;
}

function ordered(network: Network, links: Links | null, shown: Uint8Array, order: Order): number[] {
  const places: number[] = [];
  for (let place = 0; place < network.count; place++) if (shown[place]) places.push(place);
  const values: Record<Order, (place: number) => number> = {
    new: (place) => (network.published[place] === NO_TIME ? UNDATED - network.seen[place] : -network.published[place]),
    old: (place) => (network.published[place] === NO_TIME ? UNDATED + network.seen[place] : network.published[place]),
    in: (place) => -(links?.linksIn[place] ?? 0),
    relevance: (place) => -network.columns.relevance[place],
  };
  const value = Float64Array.from({ length: network.count }, (_, place) => (shown[place] ? values[order](place) : 0));
  return places.sort((one, other) => value[one] - value[other] || one - other);
}
