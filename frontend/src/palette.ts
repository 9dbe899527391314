// Colours that people with any kind of colour vision tell apart: Okabe and Ito (2008), Tol (2021), cividis (2018).
export const CATEGORIES = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#882255", "#999933"];
export const OTHER = "#8a8f98";
/** Cividis without its darkest third, which a dark page swallows. */
const CIVIDIS = [
  [44, 86, 151],
  [87, 109, 142],
  [124, 123, 120],
  [166, 156, 117],
  [205, 187, 101],
  [236, 217, 75],
];
export const STEPS = 8;

/** Give a colour of the scale from low to high, `STEPS` of them. */
export function scaleColor(step: number): string {
  const at = (Math.min(Math.max(step, 0), STEPS - 1) / (STEPS - 1)) * (CIVIDIS.length - 1);
  const low = Math.min(Math.floor(at), CIVIDIS.length - 2);
  const part = CIVIDIS[low].map((value, channel) => Math.round(value + (CIVIDIS[low + 1][channel] - value) * (at - low)));
  return `rgb(${part.join(",")})`;
}
