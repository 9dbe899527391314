// Two texts as one, with what was taken out and what was put in.
import { useMemo, useState } from "preact/hooks";
import { difference } from "../diff";
import { clean, say } from "../format";

/** Unchanged characters beyond which only the ends are shown. */
const LONG_UNCHANGED = 160;
const ENDS_SHOWN = 45;

export function Difference({ before, after }: { before: string; after: string }) {
  const pieces = useMemo(() => difference(clean(before), clean(after)), [before, after]);
  return (
    <div class="difference" dir="auto">
      {pieces.map((piece, index) =>
        piece.kind === "added" ? <ins key={index}>{piece.text}</ins> : piece.kind === "removed" ? <del key={index}>{piece.text}</del> : <Unchanged key={index} text={piece.text} />,
      )}
    </div>
  );
}

function Unchanged({ text }: { text: string }) {
  const [whole, setWhole] = useState(false);
  if (whole || text.length <= LONG_UNCHANGED) return <span>{text}</span>;
  const hidden = text.length - 2 * ENDS_SHOWN;
  return (
    <span>
      {text.slice(0, ENDS_SHOWN)}
      <button class="text unchanged" onClick={() => setWhole(true)}>
        {"\u22ef"} {say("copies.unchanged", { n: hidden })} {"\u22ef"}
      </button>
      {text.slice(-ENDS_SHOWN)}
    </span>
  );
}
