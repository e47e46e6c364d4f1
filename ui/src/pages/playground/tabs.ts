/** The tabs of the Playground: their addresses, names, icons, and where their code is. */

import { stored } from "../../lib/stored";
import type { Load } from "../../parts/fetched";
import type { IconName } from "../../parts/icon";
import { t } from "./words";

export interface PlaygroundTab {
  /** The second part of the fragment's path. */
  id: string;
  name: string;
  icon: IconName;
  load: Load;
}

export const TABS: readonly PlaygroundTab[] = [
  { id: "chat", name: t.tabs.chat, icon: "chat", load: () => import("./chat/tab") },
  { id: "images", name: t.tabs.images, icon: "image", load: () => import("./images/tab") },
  { id: "speech", name: t.tabs.speech, icon: "sound", load: () => import("./speech/tab") },
  { id: "transcription", name: t.tabs.transcription, icon: "mic", load: () => import("./transcription/tab") },
  { id: "rerank", name: t.tabs.rerank, icon: "queue", load: () => import("./rerank/tab") },
  { id: "embeddings", name: t.tabs.embeddings, icon: "models", load: () => import("./embeddings/tab") },
  { id: "load-test", name: t.tabs.loadTest, icon: "gauge", load: () => import("./load-test/tab") },
];

/** The tab that one was at last. */
export const { tab: lastTab } = stored("playground", { tab: "chat" }, {}, { follow: false });

/** The tab for the rest of a path; undefined where there is none. Without a rest it is the `last` one. */
export function tabFor(rest: readonly string[], last: string): PlaygroundTab | undefined {
  const [id = tabOr(last), ...deeper] = rest;
  return deeper.length > 0 && id !== "chat" ? undefined : TABS.find((tab) => tab.id === id);
}

function tabOr(id: string): string {
  return TABS.some((tab) => tab.id === id) ? id : "chat";
}
