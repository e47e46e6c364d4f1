/** The request of a chat as a command line. Pure. */

import { curl } from "../../../lib/curl";

/** `body` to `url`, with a place for the key when one is `keyed`. What images hold is cut, as no shell takes it. */
export function asCurl(url: string, body: unknown, keyed: boolean): string {
  const text = JSON.stringify(body, (_, value: unknown) => (typeof value === "string" ? shortened(value) : value), 2);
  return curl(url, { headers: ["Content-Type: application/json"], keyed, body: { text } });
}

function shortened(value: string): string {
  if (value.length <= 20_000) return value;
  return value.startsWith("data:") || /^[\w+/=]+$/.test(value) ? `${value.slice(0, 40)}…` : value;
}
