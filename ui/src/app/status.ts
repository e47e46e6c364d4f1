/** How it is with the connection, in a word, a mark and the title of the document. */

import { computed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { link } from "../server/feed";
import { may } from "../server/session";
import { titleShown } from "./look";
import { page } from "./router";
import { PAGES, landing } from "./routes";

/** What is shown may be old. */
export const stale = computed(() => may("read") && (link.value.is === "waiting" || (link.value.is === "connecting" && link.value.attempt > 1)));

/** How it is with the events; `none` where the key is not good for them. */
export const connection = computed(() => (may("read") ? link.value.is : "none"));

const MARKS = { open: "🟢", connecting: "🟡", waiting: "🔴", refused: "🔴", none: "⚪" } as const;

/** The title of the document: how it is with the connection, the page, and the title of the user. */
function documentTitle(): string {
  const name = PAGES.find(({ path }) => path === (page.value || landing(may)))?.name;
  return `${MARKS[connection.value]} ${[name, titleShown()].filter(Boolean).join(" · ")}`;
}

/** Keep the title of the document up to date. */
export function useDocumentTitle(): void {
  const title = documentTitle();
  useEffect(() => {
    document.title = title;
  }, [title]);
}
