// A path from one story to another, told in words.
import { useState } from "preact/hooks";
import type { Change } from "../App";
import { clean, say } from "../format";
import { fold } from "../fold";
import type { Network } from "../network";
import type { PathAnswer } from "../source";
import type { View } from "../state";

interface Props {
  storyKey: string;
  network: Network;
  view: View;
  change: Change;
  path: PathAnswer | null;
  picking: boolean;
  setPicking: (picking: boolean) => void;
  choose: (key: string) => void;
}

const TITLE_CHARS = 34;

export function PathFinder({ storyKey, network, view, change, path, picking, setPicking, choose }: Props) {
  const [wanted, setWanted] = useState("");
  const [unknown, setUnknown] = useState(false);
  const find = (event: Event) => {
    event.preventDefault();
    const key = keyOf(network, wanted, storyKey);
    setUnknown(key === null);
    if (key !== null) change({ goal: key });
  };
  return (
    <details class="path" open={view.goal !== ""}>
      <summary>{say("path.title")}</summary>
      <form onSubmit={find}>
        <input aria-label={say("path.label")} placeholder={say("path.label")} value={wanted} maxLength={500} onInput={(event) => setWanted(event.currentTarget.value)} />
        <button type="submit">{say("path.find")}</button>
        <button type="button" aria-pressed={picking} onClick={() => setPicking(!picking)}>
          {say("path.from")}
        </button>
      </form>
      {picking && (
        <p class="note" role="status">
          {say("path.pick")}
        </p>
      )}
      {unknown && <p role="alert">{say("path.unknown")}</p>}
      {view.goal && path && <Steps path={path} choose={choose} />}
      {view.goal && (
        <button class="text" onClick={() => change({ goal: "" })}>
          {say("path.clear")}
        </button>
      )}
    </details>
  );
}

function Steps({ path, choose }: { path: PathAnswer; choose: (key: string) => void }) {
  if (!path.found) return <p>{say("path.none")}</p>;
  if (!path.links.length) return <p>{say("path.same")}</p>;
  const titles = new Map(path.stories.map((story) => [story.key, short(clean(story.title) || say("story.untitled"))]));
  return (
    <ol class="path-steps" aria-live="polite">
      {path.links.map((link, index) => (
        <li key={link.from + link.to}>
          {link.heading
            ? say("path.step", { from: titles.get(link.from)!, to: titles.get(link.to)!, heading: clean(link.heading), n: link.position })
            : say("path.step.none", { from: titles.get(link.from)!, to: titles.get(link.to)!, n: link.position })}{" "}
          <button class="text" aria-label={titles.get(path.stories[index + 1].key)} onClick={() => choose(path.stories[index + 1].key)}>
            →
          </button>
        </li>
      ))}
    </ol>
  );
}

function short(title: string): string {
  const letters = [...title];
  return letters.length > TITLE_CHARS ? `${letters.slice(0, TITLE_CHARS - 1).join("")}…` : title;
}

/** Find the story meant by a key, an address or words of a title; another than the one at hand. */
function keyOf(network: Network, wanted: string, own: string): string | null {
  const text = wanted.trim();
  if (!text) return null;
  if (network.places.has(text)) return text;
  const { key, url, title } = network.columns;
  const byUrl = url.indexOf(text);
  if (byUrl >= 0) return key[byUrl];
  const needles = fold(text).split(/\s+/);
  const place = title.findIndex((one, index) => key[index] !== own && needles.every((needle) => fold(one).includes(needle)));
  return place < 0 ? null : key[place];
}
