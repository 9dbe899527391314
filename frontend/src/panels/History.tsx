// The versions of a story, each against the next, and the visits to it.
import { Difference } from "./Difference";
import { clean, say, sayValue, time, utc } from "../format";
import type { StoryAnswer } from "../source";

export function History({ answer, offline }: { answer: StoryAnswer; offline: boolean }) {
  const { revisions, story, visits } = answer;
  const versions = [...revisions.map(({ title, text }) => ({ title, text })), { title: story.title, text: story.text ?? null }];
  return (
    <>
      {revisions.length === 0 && <p class="note">{offline ? say(answer.revisions_left_out ? "history.offline.full" : "history.offline.none") : say("history.none", { n: visits.total })}</p>}
      {revisions.map((revision, index) => {
        const [before, after] = [versions[index], versions[index + 1]];
        const at = Date.parse(revision.at);
        return (
          <article key={revision.at} class="revision">
            <h3 title={utc(at)}>{time(at)}</h3>
            <p>{revision.changed.includes("gone") ? say("history.gone") : say("history.changed", { what: revision.changed.map((one) => sayValue("changed", one)).join(", ") })}</p>
            {revision.changed.includes("title") && <Difference before={before.title ?? ""} after={after.title ?? ""} />}
            {revision.changed.includes("text") && <Difference before={before.text ?? ""} after={after.text ?? ""} />}
          </article>
        );
      })}
      {offline && <p class="note">{say("history.offline")}</p>}
      {!offline && <h3>{say("history.visits")}</h3>}
      <ul class="visits">
        {visits.visits.map((visit) => (
          <li key={visit.at} title={utc(Date.parse(visit.at))}>
            {time(Date.parse(visit.at))} · {sayValue("outcome", visit.outcome)}
            {visit.reason && ` (${clean(sayValue("reason", visit.reason))})`}
            {visit.http_status !== null && ` · HTTP ${visit.http_status}`}
          </li>
        ))}
      </ul>
    </>
  );
}
