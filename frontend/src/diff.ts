// What differs between two texts: by sentence first, then by character within a changed sentence.
import { diffArrays, diffChars } from "diff";

export interface Piece {
  kind: "same" | "added" | "removed";
  text: string;
}

const SENTENCE = /[^\u3002\uff01\uff1f.!?\n]*(?:[\u3002\uff01\uff1f!?\n]+["'\u201d\u2019\u300d\u300f]*|\.(?=\s|$)|\.|$)\s*/g;
/** Characters of two sentences together beyond which they are not compared by character. */
const LONG_PAIR = 2_000;
const MAX_SENTENCES = 4_000;

export function sentences(text: string): string[] {
  return (text.match(SENTENCE) ?? []).filter((sentence) => sentence !== "");
}

export function difference(before: string, after: string): Piece[] {
  const [old, fresh] = [sentences(before).slice(0, MAX_SENTENCES), sentences(after).slice(0, MAX_SENTENCES)];
  const parts = diffArrays(old, fresh);
  const pieces: Piece[] = [];
  for (let i = 0; i < parts.length; i++) {
    const [part, next] = [parts[i], parts[i + 1]];
    if (part.removed && next?.added) {
      pieces.push(...withinSentences(part.value.join(""), next.value.join("")));
      i++;
    } else {
      pieces.push({ kind: part.added ? "added" : part.removed ? "removed" : "same", text: part.value.join("") });
    }
  }
  return joined(pieces);
}

function withinSentences(before: string, after: string): Piece[] {
  const apart: Piece[] = [
    { kind: "removed", text: before },
    { kind: "added", text: after },
  ];
  if (before.length + after.length > LONG_PAIR) return apart;
  const pieces = diffChars(before, after).map(
    (part): Piece => ({ kind: part.added ? "added" : part.removed ? "removed" : "same", text: part.value }),
  );
  const kept = pieces.filter((piece) => piece.kind === "same").reduce((sum, piece) => sum + piece.text.length, 0);
  return kept * 2 >= Math.min(before.length, after.length) ? pieces : apart;
}

function joined(pieces: Piece[]): Piece[] {
  const result: Piece[] = [];
  for (const piece of pieces) {
    const last = result[result.length - 1];
    if (last?.kind === piece.kind) last.text += piece.text;
    else if (piece.text) result.push({ ...piece });
  }
  return result;
}
