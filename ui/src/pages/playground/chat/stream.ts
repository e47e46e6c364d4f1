/** An answer as it comes from the server. */

import { createParser } from "eventsource-parser";
import { parsed } from "../../../lib/json";
import { request } from "../../../server/api";
import { SESSION } from "../session-id";
import type { Piece, Protocol } from "./protocols/protocol";
import { errorText, fields } from "./protocols/protocol";

/** ms of work after which the page may draw and hear its user. */
const TURN = 8;

/**
 * Ask, and hand each piece of the answer to `take`; resolves when the stream has ended. Rejects with an `ApiError` for a refusal, and with the
 * `AbortError` of `signal`.
 */
export async function streamed(protocol: Protocol, body: unknown, signal: AbortSignal, take: (piece: Piece) => void): Promise<void> {
  const answer = await request("POST", protocol.path, { body, signal, headers: { ...SESSION, Accept: "text/event-stream" } });
  if (!answer.headers.get("Content-Type")?.includes("text/event-stream")) {
    take({ error: notAStream(await answer.text()), last: true });
    return;
  }
  const parser = createParser({
    onEvent: ({ event, data }) => {
      const read = parsed(data);
      if (data === "[DONE]") take({ last: true });
      else if (read) take(protocol.piece(event ?? "", fields(read)));
    },
  });
  const reader = answer.body?.getReader(); // a pipe would drop what it holds when the connection is cut
  const decoder = new TextDecoder();
  let began = performance.now();
  for (;;) {
    const read = await reader?.read();
    if (!read || read.done) break;
    parser.feed(decoder.decode(read.value, { stream: true }));
    if (performance.now() - began < TURN) continue;
    await new Promise((resolve) => setTimeout(resolve));
    began = performance.now();
  }
  parser.feed("\n\n");
}

/** What an answer says that should have been a stream. */
function notAStream(text: string): string {
  return errorText(fields(parsed(text))["error"] ?? text.slice(0, 500)) || text.slice(0, 500);
}
