/** The thread that looks for expressions in lines. Whoever asks ends it when it takes too long. */

import { compiled, search } from "./search";
import type { Question, Reply } from "./filter";

self.onmessage = ({ data }: MessageEvent<Question>) => {
  const found = compiled(data.pattern);
  const hits = "expression" in found ? search(data.lines, found.expression) : [];
  self.postMessage({ hits } satisfies Reply);
};
