// What happened, in sentences whose numbers are filters; below, sites, islands, kinds of links and bounds.
import type { ComponentChildren, RefObject } from "preact";
import { useMemo, useState } from "preact/hooks";
import type { Change } from "../App";
import { clean, count, say, sayValue, span, time, utc } from "../format";
import { firstShown } from "../map/MapView";
import type { MapRenderer } from "../map/renderer";
import { type Links, type Network, NO_TIME, ON_SUBJECT, type StoryMap } from "../network";
import { NO_FILTERS, seenUntil, toggled, type View } from "../state";

interface Props {
  network: Network;
  links: Links | null;
  map: StoryMap | null;
  view: View;
  change: Change;
  shown: Uint8Array;
  choose: (key: string) => void;
  renderer: RefObject<MapRenderer | null>;
  cut: boolean;
  /** Whether the texts are still being read, so that titles alone were searched. */
  pending: boolean;
}

const SITES_SHOWN = 10;
const ISLANDS_SHOWN = 14;
const FAST = 24 * 3_600_000;
const BINS = 20;

export function Happened(props: Props) {
  const { network, view, change, shown, cut, pending } = props;
  const facts = useMemo(() => factsOf(network, shown, seenUntil(view)), [network, shown, view.asof, view.clock]);
  return (
    <section class="happened" aria-label={say("panel.happened")}>
      <h2>{say("panel.happened")}</h2>
      <Sentences {...props} facts={facts} />
      {pending && (
        <p class="note" role="status">
          <span class="spinner" /> {say("search.pending")}
        </p>
      )}
      {cut && <p class="note">{say("search.cut")}</p>}
      {network.answer.limited && <p class="note">{say("happened.bounded", { total: network.answer.total, shown: network.count })}</p>}
      {facts.stories < network.count && <p class="note">{say("happened.filtered", { total: network.count })}</p>}
      <Sites facts={facts} view={view} change={change} network={network} />
      <Islands {...props} />
      <Kinds {...props} />
      <Relevance network={network} shown={shown} view={view} change={change} />
      <Depth network={network} view={view} change={change} />
    </section>
  );
}

interface Facts {
  stories: number;
  bySite: [number, number][];
  byStatus: number[];
  first: number;
  /** Whether that is also the first of all stories, and no copy. */
  isFirstOfAll: boolean;
  onSubject: number;
  span: number;
  copies: number;
  originals: number;
  vanished: number;
  retitled: number;
  changed: number;
  undated: number;
  /** Milliseconds after the first until each other site had it, the earliest first. */
  followed: number[];
}

function factsOf(network: Network, shown: Uint8Array, asOf: number | null): Facts {
  const { columns, answer } = network;
  const sites = new Map<number, number>();
  const firstOfSite = new Map<number, number>();
  const copied = new Set<number>();
  const facts: Facts = { stories: 0, bySite: [], byStatus: answer.statuses.map(() => 0), first: firstShown(network, shown), isFirstOfAll: false, onSubject: 0, span: 0, copies: 0, originals: 0, vanished: 0, retitled: 0, changed: 0, undated: 0, followed: [] };
  let [earliest, last] = [Number.POSITIVE_INFINITY, NO_TIME];
  for (let place = 0; place < network.count; place++) {
    if (!shown[place]) continue;
    facts.stories++;
    facts.onSubject += network.isOnSubject(place) ? 1 : 0;
    const [site, published] = [columns.site[place], network.published[place]];
    sites.set(site, (sites.get(site) ?? 0) + 1);
    facts.byStatus[columns.status[place]]++;
    if (columns.copy_of[place] >= 0) {
      facts.copies++;
      copied.add(columns.group[place]);
    }
    facts.vanished += network.hasMark(place, "vanished", asOf) ? 1 : 0;
    facts.retitled += network.hasMark(place, "retitled", asOf) ? 1 : 0;
    facts.changed += network.hasMark(place, "changed", asOf) ? 1 : 0;
    if (published === NO_TIME) {
      facts.undated++;
      continue;
    }
    earliest = Math.min(earliest, published);
    last = Math.max(last, published);
    if (network.isOnSubject(place)) firstOfSite.set(site, Math.min(firstOfSite.get(site) ?? Number.POSITIVE_INFINITY, published));
  }
  facts.originals = copied.size;
  facts.bySite = [...sites].sort((one, other) => other[1] - one[1] || one[0] - other[0]);
  if (facts.first >= 0) {
    const start = network.published[facts.first];
    facts.span = last - earliest;
    facts.isFirstOfAll = columns.copy_of[facts.first] < 0 && facts.first === firstShown(network, null);
    firstOfSite.delete(columns.site[facts.first]); // who was first followed nobody
    facts.followed = [...firstOfSite.values()].map((at) => at - start).sort((one, other) => one - other);
  }
  return facts;
}

function Sentences({ network, view, change, facts, choose }: Props & { facts: Facts }) {
  const { columns, answer } = network;
  const mark = (name: string) => () => change({ mark: toggled(view.mark, name) });
  const status = (name: string) => () => change({ status: toggled(view.status, name) });
  const statusCount = (name: string) => facts.byStatus[answer.statuses.indexOf(name)];
  const start = facts.first >= 0 ? network.published[facts.first] : 0;
  return (
    <ul class="sentences">
      <li>
        <Fact act={() => change(NO_FILTERS)}>{say("happened.stories", { n: facts.stories })}</Fact>
        {say("happened.on", { n: facts.bySite.length })}
        {facts.first >= 0 && say("happened.in", { span: span(facts.span) })}
        {facts.onSubject < facts.stories && (
          <>
            {" "}
            <Fact act={() => change({ rel: ON_SUBJECT })}>{say("happened.subject", { n: facts.onSubject })}</Fact>
          </>
        )}
      </li>
      {facts.first >= 0 && (
        <li>
          <Fact act={() => choose(columns.key[facts.first])} title={utc(start)}>
            {say(facts.isFirstOfAll ? "happened.first" : "happened.first.chosen", { site: clean(answer.sites[columns.site[facts.first]]), time: time(start, columns.day_only[facts.first] === 1) })}
          </Fact>
          <span class="quote">{clean(columns.title[facts.first])}</span>
        </li>
      )}
      {facts.first >= 0 && (
        <li>
          <Followed followed={facts.followed} filter={() => change({ since: start, until: start + FAST + 1 })} />
        </li>
      )}
      <li>
        <Fact act={mark("copy")} on={view.mark.includes("copy")} none={facts.copies === 0}>
          {say("happened.copies", { n: facts.copies })}
        </Fact>
        {facts.copies > 0 && (
          <Fact act={mark("original")} on={view.mark.includes("original")}>
            {say("happened.of", { n: facts.originals })}
          </Fact>
        )}
      </li>
      <li>
        <Fact act={mark("vanished")} on={view.mark.includes("vanished")} none={facts.vanished === 0}>
          {say("happened.vanished", { n: facts.vanished })}
        </Fact>
        <Fact act={mark("retitled")} on={view.mark.includes("retitled")} none={facts.retitled === 0}>
          {say("happened.retitled", { n: facts.retitled })}
        </Fact>
        <Fact act={mark("changed")} on={view.mark.includes("changed")} none={facts.changed === 0}>
          {say("happened.changed", { n: facts.changed })}
        </Fact>
      </li>
      <li>
        <Fact act={status("fetched")} on={view.status.includes("fetched")} none={statusCount("fetched") === 0}>
          {say("happened.read", { n: statusCount("fetched") })}
        </Fact>
        {statusCount("stub") > 0 && (
          <Fact act={status("stub")} on={view.status.includes("stub")}>
            {say("happened.stubs", { n: statusCount("stub") })}
          </Fact>
        )}
        {statusCount("failed") > 0 && (
          <Fact act={status("failed")} on={view.status.includes("failed")}>
            {say("happened.failed", { n: statusCount("failed") })}
          </Fact>
        )}
        {statusCount("skipped") > 0 && (
          <Fact act={status("skipped")} on={view.status.includes("skipped")}>
            {say("happened.skipped", { n: statusCount("skipped") })}
          </Fact>
        )}
        {facts.undated > 0 && (
          <Fact act={mark("undated")} on={view.mark.includes("undated")}>
            {say("happened.undated", { n: facts.undated })}
          </Fact>
        )}
      </li>
    </ul>
  );
}

/** How many other sites took it up, and how fast. */
function Followed({ followed, filter }: { followed: number[]; filter: () => void }) {
  if (!followed.length) return <span class="more none">{say("happened.alone")}</span>;
  const fast = followed.filter((after) => after <= FAST).length;
  if (!fast) return <span class="more none">{say("happened.slow", { span: span(FAST), after: span(followed[0]) })}</span>;
  const half = followed[Math.floor((followed.length - 1) / 2)];
  return (
    <>
      <Fact act={filter}>{say("happened.fast", { n: fast, span: span(FAST) })}</Fact>
      {followed.length > 1 && <span class="more">{say("happened.half", { n: followed.length, span: span(half) })}</span>}
    </>
  );
}

/** A number that is a filter; where there is none, it is told and filters nothing. */
function Fact({ act, on = false, none = false, title, children }: { act: () => void; on?: boolean; none?: boolean; title?: string; children: ComponentChildren }) {
  if (none && !on) return <span class="more none">{children}</span>;
  return (
    <button class="fact" aria-pressed={on} onClick={act} title={title}>
      {children}
    </button>
  );
}

function Sites({ facts, view, change, network }: { facts: Facts; view: View; change: Change; network: Network }) {
  const [all, setAll] = useState(false);
  const rows = all ? facts.bySite.slice(0, 500) : facts.bySite.slice(0, SITES_SHOWN);
  const most = facts.bySite[0]?.[1] ?? 1;
  return (
    <>
      <h3>{say("sites.title")}</h3>
      <ul class="bars">
        {rows.map(([site, n]) => {
          const name = network.answer.sites[site];
          return (
            <li key={name}>
              <button aria-pressed={view.site.includes(name)} onClick={() => change({ site: toggled(view.site, name) })}>
                <span class="bar-name">{clean(name)}</span>
                <span class="bar-count">{count(n)}</span>
                <meter min={0} max={most} value={n} aria-hidden="true" />
              </button>
            </li>
          );
        })}
      </ul>
      {facts.bySite.length > SITES_SHOWN && !all && (
        <button class="text" onClick={() => setAll(true)}>
          {say("sites.more", { n: facts.bySite.length - SITES_SHOWN })}
        </button>
      )}
    </>
  );
}

function Islands({ map, shown, renderer, view }: Props) {
  const sizes = useMemo(() => {
    if (!map) return [];
    const counts = map.answer.names.map(() => 0);
    shown.forEach((one, place) => {
      const island = map.island[map.node[place]];
      if (one && island >= 0) counts[island]++;
    });
    return counts.map((n, island) => [island, n]).filter(([, n]) => n > 0).sort((one, other) => other[1] - one[1]);
  }, [map, shown]);
  if (!map || map.answer.draft || sizes.length < 2 || view.map === "sites") return null;
  return (
    <>
      <h3>{say("islands.title")}</h3>
      <p class="note">{say("islands.note")}</p>
      <ul class="bars">
        {sizes.slice(0, ISLANDS_SHOWN).map(([island, n]) => (
          <li key={island}>
            <button onClick={() => renderer.current?.showPart(...map.answer.centres[island])}>
              <span class="bar-name">{clean(map.answer.names[island])}</span>
              <span class="bar-count">{count(n)}</span>
            </button>
          </li>
        ))}
      </ul>
      {sizes.length > ISLANDS_SHOWN && <p class="note">{say("sites.more", { n: sizes.length - ISLANDS_SHOWN })}</p>}
    </>
  );
}

function Kinds({ network, links, shown, view, change }: Props) {
  const counts = useMemo(() => {
    const byKind = network.answer.kinds.map(() => 0);
    for (let row = 0; row < (links?.count ?? 0); row++) if (shown[links!.source[row]] && shown[links!.target[row]]) byKind[links!.kind[row]]++;
    return byKind;
  }, [network, links, shown]);
  if (!view.kinds.length && !counts.some((n) => n > 0)) return null;
  return (
    <>
      <h3>{say("kinds.title")}</h3>
      <ul class="facts">
        {network.answer.kinds.map((kind, number) =>
          counts[number] || view.kinds.includes(kind) ? (
            <li key={kind}>
              <Fact act={() => change({ kinds: toggled(view.kinds, kind) })} on={view.kinds.includes(kind)}>
                {sayValue("kind", kind)} {count(counts[number])}
              </Fact>
            </li>
          ) : null,
        )}
      </ul>
    </>
  );
}

function Relevance({ network, shown, view, change }: { network: Network; shown: Uint8Array; view: View; change: Change }) {
  const bins = useMemo(() => {
    const counts = new Array<number>(BINS).fill(0);
    shown.forEach((one, place) => {
      const value = network.columns.relevance[place];
      if (one && value >= 0) counts[Math.min(BINS - 1, Math.floor((value / 1000) * BINS))]++;
    });
    return counts;
  }, [network, shown]);
  const most = Math.max(1, ...bins);
  return (
    <>
      <h3 id="relevance">{say("relevance.title")}</h3>
      <svg class="bins" viewBox={`0 0 ${BINS} 10`} preserveAspectRatio="none" aria-hidden="true">
        {bins.map((n, bin) => (
          <rect key={bin} x={bin + 0.05} y={10 - (10 * n) / most} width={0.9} height={(10 * n) / most} />
        ))}
      </svg>
      <input
        type="range"
        min={0}
        max={1000}
        step={50}
        value={view.rel}
        aria-labelledby="relevance"
        aria-valuetext={(view.rel / 1000).toFixed(2)}
        onInput={(event) => change({ rel: Number(event.currentTarget.value) })}
      />
    </>
  );
}

function Depth({ network, view, change }: { network: Network; view: View; change: Change }) {
  const most = useMemo(() => network.columns.depth.reduce((high, depth) => Math.max(high, depth), 0), [network]);
  if (most < 1) return null;
  return (
    <label class="depth">
      <h3>{say("depth.title")}</h3>
      <select value={view.depth ?? ""} onChange={(event) => change({ depth: event.currentTarget.value === "" ? null : Number(event.currentTarget.value) })}>
        <option value="">{say("depth.all")}</option>
        {Array.from({ length: Math.min(most, 30) }, (_, depth) => (
          <option key={depth} value={depth}>
            {depth}
          </option>
        ))}
      </select>
    </label>
  );
}
