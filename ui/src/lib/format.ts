/** Numbers, times and durations as users read them (web-ui appendix C). */

const locale = (): string | undefined => (typeof navigator === "undefined" ? undefined : navigator.language);
const formats = new Map<string, Intl.NumberFormat>();

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.NumberFormat(locale(), options);
  formats.set(key, known);
  return known;
}

/** A whole number with its groups. */
export function count(value: number): string {
  return numbers({ maximumFractionDigits: 0 }).format(value);
}

/** A number with exactly `digits` behind the point. */
export function fixed(value: number, digits: number): string {
  return numbers({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** `value` percent, of 0 to 100. */
export function percent(value: number, digits = 0): string {
  return `${fixed(value, digits)} %`;
}

/** Bytes in binary units: `1.5 MiB`. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${fixed(value, unit === 0 || value >= 100 ? 0 : 1)} ${units[unit] ?? ""}`;
}

/** MiB, as the server tells memory. */
export function mebibytes(value: number): string {
  return bytes(value * 1024 * 1024);
}

/** A length of time in milliseconds: `850 ms`, `1.50 s`, `2:05`, `1:02:05`. */
export function duration(ms: number): string {
  if (ms < 0) return "–";
  if (ms < 1000) return `${count(ms)} ms`;
  if (ms < 60_000) return `${fixed(ms / 1000, ms < 10_000 ? 2 : 1)} s`;
  return clock(ms / 1000);
}

/** A length of time that nobody knows exactly, in whole seconds: `4 s`, `2:05`. */
export function wholeSeconds(seconds: number): string {
  return seconds < 60 ? `${count(seconds)} s` : clock(seconds);
}

/** Seconds as a clock shows them: `0:07`, `2:05`, `1:02:05`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** A duration of the table of activity: `1.50s`, whatever its size. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)}s`;
}

/** Tokens a second; negative is what the engine did not say. */
export function speed(perSecond: number): string {
  return perSecond < 0 ? "unknown" : `${perSecond.toFixed(2)} t/s`;
}

/**
 * A context in tokens: `8K`, `128K`, `1M`. Whole multiples of 1,024 are counted in those, as they are sold; others, and
 * what is whole thousands, in thousands.
 */
export function contextSize(tokens: number): string {
  if (!(tokens > 0)) return "";
  const base = tokens % 1024 === 0 && tokens % 1000 !== 0 ? 1024 : 1000;
  if (tokens < base) return String(tokens);
  if (tokens < base * base) return `${Math.round(tokens / base)}K`;
  const millions = tokens / (base * base);
  return `${Number.isInteger(millions) ? millions : millions.toFixed(1)}M`;
}

/** How long ago `then` was at `now`, both in ms since the epoch; the date itself from a day on. */
export function ago(then: number, now: number): string {
  const passed = Math.max(0, (now - then) / 1000);
  if (passed < 5) return "now";
  if (passed < 60) return `${Math.floor(passed)}s ago`;
  if (passed < 3600) return `${Math.floor(passed / 60)}m ago`;
  if (passed < 86_400) return `${Math.floor(passed / 3600)}h ago`;
  return dateTime(then);
}

/** Local date and time, `2026-01-31 12:00:05`. */
export function dateTime(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${timeOfDay(ms)}`;
}

/** Local time of day, `12:00:05`. */
export function timeOfDay(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}
