// Two texts as one, with what was taken out and what was put in.
import { useMemo } from "preact/hooks";
import { difference } from "../diff";
import { clean } from "../format";

export function Difference({ before, after }: { before: string; after: string }) {
  const pieces = useMemo(() => difference(clean(before), clean(after)), [before, after]);
  return (
    <div class="difference" dir="auto">
      {pieces.map((piece, index) =>
        piece.kind === "added" ? <ins key={index}>{piece.text}</ins> : piece.kind === "removed" ? <del key={index}>{piece.text}</del> : <span key={index}>{piece.text}</span>,
      )}
    </div>
  );
}
