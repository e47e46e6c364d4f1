/**
 * What a client knows that has followed the events from the beginning, kept so that another can be told all of it at once:
 * a tab that joins the stream of others (web-ui 5.5). Pure; times are ms of one clock.
 */

import type { InflightRequest, Schedule, Told } from "./types";

type State = Extract<Told, { type: "modelStatus" | "uiConfig" | "profileChanged" }>;
interface Heard<T> {
  what: T;
  when: number;
}

export class Replica {
  private states = new Map<State["type"], State>();
  private schedule: Heard<Schedule> | null = null;
  private inflight = new Map<string, Heard<InflightRequest>>();

  /** Forget everything: the server tells it all again. */
  begin(): void {
    this.states.clear();
    this.inflight.clear();
    this.schedule = null;
  }

  take(told: Told, now: number): void {
    switch (told.type) {
      case "inflight":
        this.follow(told.data, now);
        break;
      case "schedule":
        this.schedule = { what: told.data, when: now };
        break;
      case "modelStatus":
      case "uiConfig":
      case "profileChanged":
        this.states.set(told.type, told);
        break;
      default: // what has happened once is read from the server by whoever wants to know it
    }
  }

  /** Messages that tell all of it, as the server would tell it now. */
  all(now: number): Told[] {
    const told: Told[] = [...this.states.values()];
    if (told.length > 0) told.push({ type: "inflight", data: { operation: "snapshot", requests: [...this.inflight.values()].map((each) => aged(each, now)) } });
    if (this.schedule) told.push({ type: "schedule", data: { ...this.schedule.what, at: this.schedule.what.at + (now - this.schedule.when) / 1000 } });
    return told;
  }

  private follow(change: Extract<Told, { type: "inflight" }>["data"], now: number): void {
    const heard = (request: InflightRequest): Heard<InflightRequest> => ({ what: request, when: now });
    if (change.operation === "remove") this.inflight.delete(change.id);
    else if (change.operation === "upsert") this.inflight.set(change.request.id, heard(change.request));
    else this.inflight = new Map(change.requests.map((request) => [request.id, heard(request)]));
  }
}

function aged({ what, when }: Heard<InflightRequest>, now: number): InflightRequest {
  return { ...what, elapsed_ms: what.elapsed_ms + Math.max(0, Math.round(now - when)) };
}
