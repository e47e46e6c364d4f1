/** A request as a command line for a POSIX shell. */

/** `body` to `url`, with a place for the key when one is `keyed`. What images hold is cut, as no shell takes it. */
export function asCurl(url: string, body: unknown, keyed: boolean): string {
  const json = JSON.stringify(body, (_, value: unknown) => (typeof value === "string" ? shortened(value) : value), 2);
  const key = keyed ? ` \\\n  -H ${quoted("Authorization: Bearer $LLAMASWAP_KEY").replace(/\$LLAMASWAP_KEY/, "'\"$LLAMASWAP_KEY\"'")}` : "";
  return `curl --no-buffer ${quoted(url)} \\\n  -H ${quoted("Content-Type: application/json")}${key} \\\n  --data-raw ${quoted(json)}`;
}

function quoted(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}

function shortened(value: string): string {
  if (value.length <= 20_000) return value;
  return value.startsWith("data:") || /^[\w+/=]+$/.test(value) ? `${value.slice(0, 40)}…` : value;
}
