/** What the server tells, by the types of its own description where that has them (`npm run types`). */

import type { components } from "./schema.gen";

export type Schemas = components["schemas"];

export type Scope = "inference" | "read" | "admin";

/** `GET /api/session`. */
export interface Session {
  keyNeeded: boolean;
  loggedIn: boolean;
  name: string | null;
  scopes: Scope[];
  models: string[];
  rateLimit: { requests: number; per: number; used: number; resets: number } | null;
  quota: { tokens: number; per: number; used: number; resets: number } | null;
}

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
export interface LiveModel {
  id: string;
  state: ModelState;
  since: number | null;
  serving: number;
  waiting: number;
  stage: Stage | null;
  stage_since: number | null;
  expected_ready: number | null;
  ttl: number;
  expires: number | null;
  last_used: number | null;
  requests: number;
  failure: { when: number; why: string; exit_code: number | null; lines: string[] } | null;
  memory: { gpus: { id: number; mb: number }[]; gpu_mb: number; ram_mb: number } | null;
}

/** A request that waits. */
export interface Queued {
  request: string | null;
  model: string;
  /** From 1, over all that wait. */
  position: number;
  since: number;
  expected: number | null;
  why: "loading" | "places" | "stopping" | "in_use" | "turn";
  /** What is in use that has to go first. */
  behind: string[];
}

/** A swap under way. */
export interface RunningSwap {
  model: string;
  evicts: string[];
  why: string;
  cause: string;
  stage: Stage | "";
  since: number;
}

/** The scheduler, as event `schedule` tells it. */
export interface Schedule {
  at: number;
  models: LiveModel[];
  queue: Queued[];
  /** How many wait; `queue` has the first of them. */
  waiting: number;
  swaps: RunningSwap[];
  gpus: { id: number; name: string; used_mb: number; total_mb: number }[];
  ram: { used_mb: number; total_mb: number } | null;
}

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
export interface Profiles {
  active: string | null;
  profiles: { id: string; description: string; pins: Record<string, string> }[];
}

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
