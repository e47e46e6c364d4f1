/** The command that sends a captured request again. Pure. */

import { asShell } from "./shell";
import { header, type Body, type Capture } from "./capture";

/** Headers that curl makes itself, or that belong to the connection. */
const OWN = new Set(["host", "content-length", "connection", "accept-encoding", "transfer-encoding", "keep-alive", "te", "upgrade", "expect", "user-agent"]);
const REDACTED = "[REDACTED]";

/** The request as a command line; a key is left out, for a variable of the shell. */
export function curl({ req_headers: headers }: Pick<Capture, "req_headers">, url: string, body: Body): string {
  const sent = Object.entries(headers ?? {}).filter(([name, value]) => !OWN.has(name.toLowerCase()) && value !== REDACTED);
  const words = [`curl -N ${asShell(url)}`, ...sent.map(([name, value]) => `-H ${asShell(`${name}: ${value}`)}`)];
  if (["authorization", "x-api-key"].some((name) => header(headers, name) === REDACTED)) words.push('-H "Authorization: Bearer $API_KEY"');
  if ("text" in body) words.push(`--data-raw ${asShell(body.text)}`);
  else if ("bytes" in body) words.push("--data-binary @body");
  return words.join(" \\\n  ");
}
