/** A line as pieces of one look each, with what a filter has found in it. Pure. */

import type { Line, Style } from "./ansi";

export interface Segment {
  text: string;
  style: Style | null;
  /** It is part of what the filter looks for. */
  hit: boolean;
}

export function segments({ text, spans }: Line, ranges: readonly number[]): Segment[] {
  if (spans.length === 0 && ranges.length === 0) return text === "" ? [] : [{ text, style: null, hit: false }];
  const edges = new Set([0, text.length, ...ranges.filter((edge) => edge <= text.length)]);
  for (const { from, to } of spans) edges.add(from).add(to);
  const sorted = [...edges].sort((one, other) => one - other);
  return sorted.slice(1).map((to, index) => {
    const from = sorted[index] ?? 0;
    const span = spans.find((each) => each.from <= from && each.to >= to);
    return { text: text.slice(from, to), style: span?.style ?? null, hit: inside(ranges, from) };
  });
}

function inside(ranges: readonly number[], at: number): boolean {
  for (let index = 0; index + 1 < ranges.length; index += 2) {
    if ((ranges[index] ?? 0) <= at && at < (ranges[index + 1] ?? 0)) return true;
  }
  return false;
}

/**
 * What a style is in CSS: classes for the theme's colours and letters, properties for colours of the program's own. On a ground
 * of another colour letters are of the one that can be read there.
 */
export function looksOf(style: Style | null, hit: boolean): { class: string; style: Record<string, string> } {
  const names = hit ? ["log-hit"] : [];
  const own: Record<string, string> = {};
  if (style === null) return { class: names.join(" "), style: own };
  const [fore, back] = style.inverse ? [style.back, style.fore ?? "text"] : [style.fore, style.back];
  if (typeof back === "number") names.push(`ansi-back-${back}`);
  else if (back === "text") names.push("ansi-filled");
  else if (back !== undefined) Object.assign(own, { background: back, color: readableOn(back) });
  else if (typeof fore === "number") names.push(`ansi-fore-${fore}`);
  else if (fore !== undefined) own["color"] = readable(fore);
  for (const name of ["bold", "faint", "italic", "underline", "strike"] as const) if (style[name]) names.push(`ansi-${name}`);
  return { class: names.join(" "), style: own };
}

/** A colour of the program's own for letters, as light or dark as the theme wants it to be read. */
function readable(colour: string): string {
  return `light-dark(oklch(from ${colour} min(l, 0.5) c h), oklch(from ${colour} max(l, 0.74) c h))`;
}

/** Black or white, whichever can be read on `rgb(…)`. */
export function readableOn(colour: string): "black" | "white" {
  const [red = 0, green = 0, blue = 0] = colour.match(/\d+/g)?.map((part) => (Number(part) / 255) ** 2.2) ?? [];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 ? "black" : "white";
}
