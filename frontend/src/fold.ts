/** Give a text in the form in which it is compared: full-width and upper-case letters made plain. */
export function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}
