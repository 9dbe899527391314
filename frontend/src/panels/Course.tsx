// Stories over time, with a brush that filters, and a moment as of which the map is shown; it can be played.
import { brushX, type D3BrushEvent } from "d3-brush";
import { scaleLinear } from "d3-scale";
import { select } from "d3-selection";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Change, countShown } from "../App";
import { areYearsApart, say, shortTime, span, time, utc } from "../format";
import { type Network, NO_TIME } from "../network";
import type { Clock, View } from "../state";

interface Props {
  network: Network;
  /** Stories that pass the filters, whatever the moment. */
  passes: Uint8Array;
  shown: Uint8Array;
  view: View;
  change: Change;
}

const HOUR = 3_600_000;
const STEPS = [1 / 60, 1 / 12, 1 / 4, 1, 2, 3, 6, 12, 24, 48, 24 * 7, 24 * 14, 24 * 30, 24 * 91, 24 * 365, 24 * 3650].map((hours) => hours * HOUR);
const MAX_BARS = 120;
/** Room for so many bars at least, so that what happened at once is not one bar as wide as the page. */
const MIN_BARS = 12;
/** Share of the stories at either end that may lie outside the course, so that one stray date does not empty it. */
const STRAY_SHARE = 0.01;
const BARS_HEIGHT = 66;
const AXIS_HEIGHT = 16;
const PLAY_STEPS = 100;
const PLAY_PAUSE = 100;

interface Bars {
  start: number;
  end: number;
  step: number;
  originals: number[];
  copies: number[];
  vanished: number[];
  changed: number[];
  outside: number;
  most: number;
}

export function Course({ network, passes, shown, view, change }: Props) {
  const frame = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(600);
  const withoutTime = useMemo(() => network.filter({ ...view, since: null, until: null }, null), [network, view.site.join(), view.status.join(), view.mark.join(), view.rel, view.depth, view.group]);
  // the bars show what the brush chooses from: all filters but the time; words found are known of the stories in `passes` alone
  const chosen = view.q.trim() ? passes : withoutTime;
  const bars = useMemo(() => barsOf(network, chosen, view.clock), [network, chosen, view.clock]);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.max(100, entry.contentRect.width)));
    watch.observe(frame.current!);
    return () => watch.disconnect();
  }, []);
  const scale = useMemo(() => scaleLinear([bars.start, bars.end], [0, width]), [bars, width]);
  const bar = Math.max(1, (width * bars.step) / (bars.end - bars.start));
  const high = (n: number) => (BARS_HEIGHT - 8) * Math.sqrt(n / bars.most);
  return (
    <section class="course" aria-label={say("course.title")}>
      <div class="course-head">
        <h2>{say("course.title")}</h2>
        <label>
          {say("course.clock")}{" "}
          <select value={view.clock} onChange={(event) => change({ clock: event.currentTarget.value as Clock, asof: null })}>
            <option value="published">{say("clock.published")}</option>
            <option value="seen">{say("clock.seen")}</option>
          </select>
        </label>
        <span class="key originals">{say("course.originals")}</span>
        <span class="key copies">{say("course.copies")}</span>
        <span class="key changed">{say("course.changed")}</span>
        <span class="key vanished">{say("course.vanished")}</span>
        <span class="note">
          {view.asof !== null ? say(`asof.${view.clock}`) : say("course.step", { span: span(bars.step) })}
          {view.asof === null && bars.outside > 0 && ` · ${say("course.outside", { n: bars.outside })}`}
        </span>
      </div>
      <svg ref={frame} class="bars-frame" height={BARS_HEIGHT + AXIS_HEIGHT} role="img" aria-label={say("course.label")}>
        {bars.originals.map((n, index) => {
          const x = scale(bars.start + index * bars.step);
          const [low, top] = [high(n + bars.copies[index]), high(n)];
          if (!(n + bars.copies[index] + bars.vanished[index] + bars.changed[index])) return null;
          return (
            <g key={index}>
              <rect class="copies" x={x} y={BARS_HEIGHT - low} width={Math.max(0.5, bar - 0.6)} height={low} />
              <rect class="originals" x={x} y={BARS_HEIGHT - top} width={Math.max(0.5, bar - 0.6)} height={top} />
              {bars.changed[index] > 0 && <circle class="changed" cx={x + bar / 2} cy={3} r={2.2} />}
              {bars.vanished[index] > 0 && <path class="vanished" d={`M${x + bar / 2 - 2.2} 0.8l4.4 4.4m0 -4.4l-4.4 4.4`} />}
            </g>
          );
        })}
        <line class="axis" x1={0} x2={width} y1={BARS_HEIGHT} y2={BARS_HEIGHT} />
        {ticksOf(bars, width).map((at) => (
          <text key={at} class="tick" x={scale(at)} y={BARS_HEIGHT + 12}>
            {shortTime(at, bars.step < 6 * HOUR, areYearsApart(bars.start, bars.end))}
          </text>
        ))}
        {view.asof !== null && <line class="as-of" x1={scale(view.asof)} x2={scale(view.asof)} y1={0} y2={BARS_HEIGHT} />}
        <Brush {...{ bars, width, view, change }} />
      </svg>
      <AsOf {...{ bars, shown, view, change }} />
    </section>
  );
}

function Brush({ bars, width, view, change }: { bars: Bars; width: number; view: View; change: Change }) {
  const group = useRef<SVGGElement>(null);
  const known = useRef({ bars, width, change });
  known.current = { bars, width, change };
  const behavior = useMemo(() => brushX<unknown>(), []);
  useEffect(() => {
    behavior.extent([
      [0, 0],
      [width, BARS_HEIGHT],
    ]);
    behavior.on("end", (event: D3BrushEvent<unknown>) => {
      if (!event.sourceEvent) return;
      const { bars: now, width: wide, change: set } = known.current;
      if (!event.selection) return set({ since: null, until: null });
      const scale = scaleLinear([0, wide], [now.start, now.end]);
      const [from, to] = (event.selection as [number, number]).map((x) => Math.round(scale(x) / now.step) * now.step);
      set(from < to ? { since: from, until: to } : { since: null, until: null });
    });
    select(group.current!).call(behavior as never);
  }, [width]);
  useEffect(() => {
    const scale = scaleLinear([bars.start, bars.end], [0, width]);
    const clamp = (x: number) => Math.min(width, Math.max(0, x));
    const none = view.since === null && view.until === null;
    const [from, to] = [clamp(scale(view.since ?? bars.start)), clamp(scale(view.until ?? bars.end))];
    select(group.current!).call(behavior.move as never, none || from >= to ? null : [from, to]);
  }, [bars, width, view.since, view.until]);
  return <g ref={group} class="brush" />;
}

function AsOf({ bars, shown, view, change }: { bars: Bars; shown: Uint8Array; view: View; change: Change }) {
  const [playing, setPlaying] = useState(false);
  const at = useRef(view.asof);
  at.current = view.asof;
  useEffect(() => {
    if (!playing) return;
    const step = (bars.end - bars.start) / PLAY_STEPS;
    const timer = setInterval(() => {
      const next = (at.current ?? bars.start) + step;
      if (next >= bars.end) {
        setPlaying(false);
        change({ asof: null });
      } else change({ asof: Math.round(next) });
    }, PLAY_PAUSE);
    return () => clearInterval(timer);
  }, [playing, bars.start, bars.end]);
  const play = () => {
    if (!playing && (view.asof === null || view.asof >= bars.end)) change({ asof: Math.round(bars.start) });
    setPlaying(!playing);
  };
  const words = view.asof === null ? say("course.asof.now") : say("course.asof.at", { time: time(view.asof), n: countShown(shown) });
  return (
    <div class="as-of-row">
      <button onClick={play} aria-pressed={playing}>
        {playing ? `\u25a0 ${say("course.stop")}` : `\u25b6 ${say("course.play")}`}
      </button>
      <input
        type="range"
        min={bars.start}
        max={bars.end}
        step={Math.max(1, Math.round((bars.end - bars.start) / 500))}
        value={view.asof ?? bars.end}
        aria-label={say("course.asof")}
        aria-valuetext={words}
        onInput={(event) => {
          const value = Number(event.currentTarget.value);
          setPlaying(false);
          change({ asof: value >= bars.end - (bars.end - bars.start) / 400 ? null : value });
        }}
      />
      <output title={utc(view.asof)}>{words}</output>
    </div>
  );
}

function barsOf(network: Network, chosen: Uint8Array, clock: Clock): Bars {
  const isTimed = (place: number) => clock === "seen" || network.published[place] !== NO_TIME;
  const times: number[] = [];
  for (let place = 0; place < network.count; place++) if (chosen[place] && isTimed(place)) times.push(network.timeOf(place, clock));
  // where nothing is dated, the axis is that of the whole network
  if (!times.length) for (let place = 0; place < network.count; place++) if (isTimed(place)) times.push(network.timeOf(place, clock));
  times.sort((one, other) => one - other);
  const stray = Math.floor(times.length * STRAY_SHARE);
  const [low, high] = times.length ? [times[stray], times[times.length - 1 - stray]] : [Date.UTC(2000, 0), Date.UTC(2000, 0, 2)];
  const step = STEPS.find((one) => (high - low) / one <= MAX_BARS) ?? STEPS[STEPS.length - 1];
  const first = Math.floor(low / step) * step;
  const filled = Math.max(1, Math.min(MAX_BARS + 2, Math.floor((high - first) / step) + 1));
  const length = Math.max(MIN_BARS, filled);
  const start = first - Math.floor((length - filled) / 2) * step;
  const empty = () => new Array<number>(length).fill(0);
  const bars: Bars = { start, end: start + length * step, step, originals: empty(), copies: empty(), vanished: empty(), changed: empty(), outside: 0, most: 1 };
  const add = (counts: number[], at: number): boolean => {
    const index = Math.floor((at - start) / step);
    if (index < 0 || index >= length) return false;
    counts[index]++;
    return true;
  };
  for (let place = 0; place < network.count; place++) {
    if (!chosen[place]) continue;
    const copy = network.columns.copy_of[place] >= 0;
    if (!isTimed(place) || !add(copy ? bars.copies : bars.originals, network.timeOf(place, clock))) bars.outside++;
    if (network.vanished[place] !== NO_TIME) add(bars.vanished, network.vanished[place]);
    if (network.changed[place] !== NO_TIME) add(bars.changed, network.changed[place]);
  }
  bars.most = bars.originals.reduce((most, n, index) => Math.max(most, n + bars.copies[index]), 1);
  return bars;
}

function ticksOf(bars: Bars, width: number): number[] {
  const count = Math.max(2, Math.floor(width / 110));
  const every = Math.max(1, Math.ceil(bars.originals.length / count));
  const ticks: number[] = [];
  for (let index = 0; index < bars.originals.length - every / 3; index += every) ticks.push(bars.start + index * bars.step);
  return ticks;
}

