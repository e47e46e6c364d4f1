/** The browser, as logs need it. */

import { scriptAddress } from "../../server/feed";
import { ApiError, request } from "../../server/api";
import type { Reply } from "./filter";
import type { ViewWorld } from "./view";

declare const WORKER_SEARCH: string;

/** A world in which the log at `path` (`proxy`, `upstream`, a model, or nothing for all) is the server's. */
export function browserWorld(path: string): ViewWorld {
  return {
    async open(signal) {
      const answer = await request("GET", path === "" ? "logs/stream" : `logs/stream/${encodeURIComponent(path)}`, {
        headers: { Accept: "text/plain" },
        signal,
      });
      if (answer.body === null) throw new ApiError(0, "The server has sent nothing.");
      return { body: answer.body, history: Number(answer.headers.get("X-History-Bytes") ?? 0) };
    },
    after(ms, what) {
      const timer = setTimeout(what, ms);
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
    clock: () => performance.now(),
    now: () => Date.now(),
    frame(work) {
      if (document.visibilityState === "hidden") {
        const timer = setTimeout(work, 200);
        return () => clearTimeout(timer);
      }
      const frame = requestAnimationFrame(work);
      return () => cancelAnimationFrame(frame);
    },
    start() {
      const worker = new Worker(scriptAddress(WORKER_SEARCH), { name: "log search" });
      return {
        post: (question) => worker.postMessage(question),
        onReply: (hear) => (worker.onmessage = ({ data }: MessageEvent<Reply>) => hear(data)),
        end: () => worker.terminate(),
      };
    },
  };
}
