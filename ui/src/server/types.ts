/**
 * What the server tells. Most of it is taken from the server's own description (`npm run types`); what the events tell of
 * models, requests and the timeline is written here, with what these pages read of it.
 */

import type { components } from "./schema.gen";

export type Schemas = components["schemas"];

export type Scope = "inference" | "read" | "admin";

/** `GET /api/session`. */
export type Session = Schemas["Session"];

export type ModelState = "stopped" | "starting" | "ready" | "stopping" | "shutdown" | "";

/** One model of `modelStatus`; `state` is empty for those of peers. */
export interface Model {
  id: string;
  name: string;
  description: string;
  state: ModelState;
  unlisted: boolean;
  peerID: string;
  aliases?: string[];
  capabilities?: Record<string, boolean>;
  context_length?: number;
}

/** How far a request has come. */
export type Phase = "queued" | "loading" | "waiting" | "answering";

/** A request to a model that is under way. */
export interface InflightRequest {
  id: string;
  timestamp: string;
  model: string;
  req_path: string;
  method: string;
  req_headers: Record<string, string>;
  remote_ip: string;
  resp_headers: Record<string, string>;
  resp_bytes: number;
  elapsed_ms: number;
  metadata?: Record<string, string>;
  phase?: Phase;
  key?: string;
}

/** Stages of a swap, in their order. */
export const STAGES = ["drain", "stop", "settle", "start", "ready"] as const;
export type Stage = (typeof STAGES)[number];

/** How it is with a model that does something; all times are seconds since the epoch, by the server's clock. */
export type LiveModel = Schedule["models"][number];

/** A request that waits. */
export type Queued = Schedule["queue"][number];

/** A swap under way. */
export type RunningSwap = Schedule["swaps"][number];

/** The scheduler, as event `schedule` tells it. */
export type Schedule = Schemas["Schedule"];

/** What has happened to a model. */
export type TimelineEntry = StateEntry | SwapEntry;

export interface StateEntry {
  n: number;
  when: number;
  kind: "state";
  model: string;
  from: ModelState;
  to: ModelState;
  cause: string;
  detail: string;
}

export interface SwapEntry {
  n: number;
  /** When it was over. */
  when: number;
  kind: "swap";
  model: string;
  evicted: string[];
  why: string;
  cause: string;
  outcome: string;
  error: string;
  /** Seconds of each. */
  stages: Partial<Record<Stage, number>>;
}

export interface UiConfig {
  activity: { session_id: string[] };
  performance?: boolean;
}

/** `GET /api/profiles`. */
export type Profiles = Schemas["Profiles"];

/** One message of `/api/events`, unpacked. */
export type Told =
  | { type: "modelStatus"; data: Model[] }
  | { type: "logData"; data: { source: "proxy" | "upstream"; data: string } }
  | { type: "activity"; data: { id: number } }
  | {
      type: "inflight";
      data:
        | { operation: "snapshot"; requests: InflightRequest[] }
        | { operation: "upsert"; request: InflightRequest }
        | { operation: "remove"; id: string };
    }
  | { type: "uiConfig"; data: UiConfig }
  | { type: "profileChanged"; data: { active: string | null } }
  | { type: "schedule"; data: Schedule }
  | { type: "timeline"; data: TimelineEntry };
