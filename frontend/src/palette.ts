// Colours that people with any kind of colour vision tell apart: Okabe and Ito (2008), Tol (2021), cividis (2018).
export const CATEGORIES = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#882255", "#999933"];
export const OTHER = "#8a8f98";
const CIVIDIS = [
  [0, 34, 78],
  [50, 71, 108],
  [97, 105, 114],
  [136, 138, 120],
  [184, 174, 109],
  [234, 213, 73],
];
export const STEPS = 8;

/** Give a colour of the scale from low to high, `STEPS` of them. */
export function scaleColor(step: number): string {
  const at = (Math.min(Math.max(step, 0), STEPS - 1) / (STEPS - 1)) * (CIVIDIS.length - 1);
  const low = Math.min(Math.floor(at), CIVIDIS.length - 2);
  const part = CIVIDIS[low].map((value, channel) => Math.round(value + (CIVIDIS[low + 1][channel] - value) * (at - low)));
  return `rgb(${part.join(",")})`;
}
