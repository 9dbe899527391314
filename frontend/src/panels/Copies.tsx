// The stories with the same text: who was earlier, and what differs between two of them.
import { useEffect, useState } from "preact/hooks";
import { Difference } from "./Difference";
import { clean, say } from "../format";
import type { Brief, Source, StoryAnswer } from "../source";
import type { View } from "../state";
import { BriefLine } from "./StoryPanel";

interface Props {
  source: Source;
  view: View;
  answer: StoryAnswer;
  storyKey: string;
  choose: (key: string) => void;
}

export function Copies({ source, view, answer, storyKey, choose }: Props) {
  const [texts, setTexts] = useState<Brief[] | null>(null);
  const [other, setOther] = useState("");
  const several = answer.group.length > 1;
  useEffect(() => {
    setTexts(null);
    setOther("");
    if (!several) return;
    let current = true;
    source.copies(view, storyKey).then(
      (found) => current && setTexts(found.stories),
      () => current && setTexts([]),
    );
    return () => {
      current = false;
    };
  }, [source, storyKey]);
  if (!several) return <p class="note">{say("copies.alone")}</p>;
  const compared = other || answer.group.find((one) => one.key !== storyKey)!.key;
  const [own, theirs] = [texts?.find((one) => one.key === storyKey), texts?.find((one) => one.key === compared)];
  return (
    <>
      <ol class="stories">
        {answer.group.map((one, index) => (
          <li key={one.key}>
            <button aria-pressed={one.key === compared} disabled={one.key === storyKey} onClick={() => setOther(one.key)}>
              <BriefLine story={one} />
              <span class="about">
                {index === 0 && <em class="badge">{say("copies.leader")}</em>}
                {typeof one.copy_similarity === "number" && <em class="badge">{say("copies.similar", { n: Math.round(one.copy_similarity * 100) })}</em>}
              </span>
            </button>
            {one.key !== storyKey && (
              <button class="text" onClick={() => choose(one.key)} aria-label={clean(one.title)}>
                →
              </button>
            )}
          </li>
        ))}
      </ol>
      {own?.text && theirs?.text && (
        <>
          <h3>{say("copies.compare", { title: clean(theirs.title).slice(0, 60) })}</h3>
          {own.text === theirs.text ? <p>{say("copies.same")}</p> : <Difference before={theirs.text} after={own.text} />}
        </>
      )}
    </>
  );
}
