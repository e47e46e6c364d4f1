/** The command that sends a captured request again. Pure. */

import { curl } from "../../lib/curl";
import { header, type Body, type Capture } from "./capture";

/** Headers that curl makes itself, or that belong to the connection. */
const OWN = new Set(["host", "content-length", "connection", "accept-encoding", "transfer-encoding", "keep-alive", "te", "upgrade", "expect", "user-agent"]);
const REDACTED = "[REDACTED]";

/** The request as a command line; a key is left out, for a variable of the shell. */
export function asCurl({ req_headers: headers }: Pick<Capture, "req_headers">, url: string, body: Body): string {
  const sent = Object.entries(headers ?? {}).filter(([name, value]) => !OWN.has(name.toLowerCase()) && value !== REDACTED);
  return curl(url, {
    headers: sent.map(([name, value]) => `${name}: ${value}`),
    keyed: ["authorization", "x-api-key"].some((name) => header(headers, name) === REDACTED),
    body: "text" in body ? { text: body.text } : "bytes" in body ? { file: "body" } : undefined,
  });
}
