/** Which model each tab was used with last. */

import { stored } from "../../lib/stored";

/** The model of each tab, empty before one is chosen. */
export const remembered = stored(
  "playground.models",
  {
    chat: "",
    images: "",
    speech: "",
    transcription: "",
    rerank: "",
    embeddings: "",
  },
  {},
  { follow: false },
);

/** Where a model is chosen; the load test has a queue of them instead. */
export type Area = keyof typeof remembered | "load";
