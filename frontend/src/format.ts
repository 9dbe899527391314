// Words, numbers and times as the reader's language writes them.
import en from "./words/en.json";
import zh from "./words/zh.json";

export type Language = "en" | "zh";
export type WordKey = keyof typeof en;
const WORDS: Record<Language, Record<string, string>> = { en, zh };

let language: Language = "en";

export function setLanguage(chosen: Language): void {
  language = chosen;
  document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
}

export function currentLanguage(): Language {
  return language;
}

/** Give the language that the server was started with, by --lang or KOLCRAWL_LANG. */
export function askedLanguage(): Language | undefined {
  return document.documentElement.dataset.language as Language | undefined;
}

export function browserLanguage(): Language {
  return navigator.languages.some((tag) => /^zh\b/i.test(tag)) ? "zh" : "en";
}

/** Give the words of a key; {name} is replaced, {n|one|many} chooses by number. */
export function say(key: WordKey, values: Record<string, string | number> = {}): string {
  const text = WORDS[language][key] ?? en[key] ?? key;
  return text
    .replace(/\{(\w+)\|([^|}]*)\|([^}]*)\}/g, (_, name, one, many) => (values[name] === 1 ? one : many))
    .replace(/\{(\w+)\}/g, (_, name) => show(values[name]));
}

/** Say a word for a value of the data, such as a status; the value itself where there is no word. */
export function sayValue(kind: string, value: string): string {
  const key = `${kind}.${value}` as WordKey;
  return WORDS[language][key] ?? value;
}

function show(value: string | number | undefined): string {
  return typeof value === "number" ? count(value) : (value ?? "");
}

export function count(value: number): string {
  return value.toLocaleString(locale());
}

function locale(): string {
  return language === "zh" ? "zh-CN" : "en-GB";
}

export function time(at: number | null, dayOnly = false): string {
  if (at === null) return say("time.unknown");
  if (dayOnly) return new Date(at).toLocaleDateString(locale(), { dateStyle: "medium", timeZone: "UTC" });
  return new Date(at).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });
}

/** Say a moment to the second, which tells two crawls of the same minute apart. */
export function exactTime(at: number): string {
  return new Date(at).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "medium" });
}

export function shortTime(at: number, withHour: boolean, withYear = false): string {
  const day: Intl.DateTimeFormatOptions = { month: "short", day: "numeric", ...(withYear && { year: "numeric" }) };
  return new Date(at).toLocaleString(locale(), withHour ? { ...day, hour: "2-digit", minute: "2-digit" } : day);
}

export function utc(at: number | null): string {
  return at === null ? "" : `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

export function span(milliseconds: number): string {
  const hours = milliseconds / 3_600_000;
  if (hours < 1) return say("span.minutes", { n: Math.max(1, Math.round(milliseconds / 60_000)) });
  if (hours < 48) return say("span.hours", { n: Math.round(hours) });
  return say("span.days", { n: Math.round(hours / 24) });
}

/** Whether two moments are in different years, so that a day alone does not tell which is meant. */
export function areYearsApart(one: number, other: number): boolean {
  return new Date(one).getFullYear() !== new Date(other).getFullYear();
}

/** Give an address only if a click on it can do no harm. */
export function safeUrl(url: string): string | undefined {
  try {
    const parsed = new URL(url);
    return parsed.protocol === "https:" || parsed.protocol === "http:" ? parsed.href : undefined;
  } catch {
    return undefined;
  }
}

// Control characters, and those that turn the direction of the text around them (Trojan Source, CVE-2021-42574).
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

export function clean(text: string | null | undefined): string {
  return (text ?? "").replace(HIDDEN, "");
}
