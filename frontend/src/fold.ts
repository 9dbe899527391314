import simplified from "../../kolcrawl/data/simplified.txt?raw"; // the table that the server uses, too

const [traditional, simple] = simplified.split("\n").filter((line) => line && !line.startsWith("#")).map((line) => Array.from(line));
const SIMPLE = new Map(traditional.map((letter, place) => [letter, simple[place]]));
const TRADITIONAL = new RegExp(`[${traditional.join("")}]`, "gu");

/** Give a text in the form in which it is compared: full width, upper case and traditional Chinese made plain. */
export function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(TRADITIONAL, (letter) => SIMPLE.get(letter)!);
}
