/** Every page: its address, its name, its icon, and where its code is, which is fetched when it is visited first. */

import type { ComponentType } from "preact";
import type { IconName } from "../parts/icon";
import type { Scope } from "../server/types";
import { t } from "./words";

export interface PageRoute {
  /** The first part of the fragment's path. */
  path: string;
  name: string;
  icon: IconName;
  /** What a key must be good for. */
  scope: Scope;
  load: () => Promise<{ default: ComponentType }>;
  /** Further parts of the path that it understands. */
  deeper: boolean;
}

/** Where one lands; without the scope that it needs, at the first page that the key is good for. */
export const HOME = "activity";

export const PAGES: readonly PageRoute[] = [
  { path: "activity", name: t.pages.activity, icon: "activity", scope: "read", deeper: false, load: () => import("../pages/activity/page") },
  { path: "playground", name: t.pages.playground, icon: "chat", scope: "inference", deeper: true, load: () => import("../pages/playground/page") },
  { path: "models", name: t.pages.models, icon: "models", scope: "read", deeper: true, load: () => import("../pages/models/page") },
  { path: "queue", name: t.pages.queue, icon: "queue", scope: "read", deeper: false, load: () => import("../pages/queue/page") },
  { path: "logs", name: t.pages.logs, icon: "logs", scope: "admin", deeper: false, load: () => import("../pages/logs/page") },
  { path: "performance", name: t.pages.performance, icon: "gauge", scope: "read", deeper: false, load: () => import("../pages/performance/page") },
  { path: "hardware", name: t.pages.hardware, icon: "cpu", scope: "read", deeper: false, load: () => import("../pages/hardware/page") },
  { path: "configuration", name: t.pages.configuration, icon: "file", scope: "admin", deeper: false, load: () => import("../pages/configuration/page") },
  { path: "settings", name: t.pages.settings, icon: "settings", scope: "inference", deeper: false, load: () => import("../pages/settings/page") },
];

/** The page that is shown where the address names none. */
export function landing(may: (scope: Scope) => boolean): string {
  return may("read") ? HOME : (PAGES.find(({ scope }) => may(scope))?.path ?? HOME);
}

/** The page for the parts of a path; undefined where there is none. No parts at all are the page `home`. */
export function routeFor(parts: readonly string[], home = HOME): PageRoute | undefined {
  const [first = home, ...rest] = parts;
  return PAGES.find(({ path, deeper }) => path === first && (deeper || rest.length === 0));
}
