/**
 * What a client knows that has followed the events from the beginning, kept so that another can be told all of it at once:
 * a tab that joins the stream of others (web-ui 5.5). Pure.
 */

import type { InflightRequest, Told } from "./types";

/** Characters of each log that are kept for tabs to come. */
export const MOST_OF_LOG = 100 * 1024;

type State = Extract<Told, { type: "modelStatus" | "uiConfig" | "profileChanged" | "schedule" }>;

export class Replica {
  private states = new Map<State["type"], State>();
  private inflight = new Map<string, InflightRequest>();
  private logs = new Map<"proxy" | "upstream", string[]>();
  private sizes = new Map<"proxy" | "upstream", number>();

  /** Forget everything: the server tells it all again. */
  begin(): void {
    this.states.clear();
    this.inflight.clear();
    this.logs.clear();
    this.sizes.clear();
  }

  take(told: Told): void {
    switch (told.type) {
      case "logData":
        this.write(told.data.source, told.data.data);
        break;
      case "inflight":
        this.follow(told.data);
        break;
      case "timeline":
      case "activity":
        break;
      default:
        this.states.set(told.type, told);
    }
  }

  /** Messages that tell all of it. */
  all(): Told[] {
    const logs = [...this.logs].map(([source, pieces]): Told => ({ type: "logData", data: { source, data: pieces.join("") } }));
    const requests: Told = { type: "inflight", data: { operation: "snapshot", requests: [...this.inflight.values()] } };
    return [...logs, ...this.states.values(), ...(this.states.size > 0 ? [requests] : [])];
  }

  private follow(change: Extract<Told, { type: "inflight" }>["data"]): void {
    if (change.operation === "remove") this.inflight.delete(change.id);
    else if (change.operation === "upsert") this.inflight.set(change.request.id, change.request);
    else this.inflight = new Map(change.requests.map((request) => [request.id, request]));
  }

  private write(source: "proxy" | "upstream", text: string): void {
    const pieces = this.logs.get(source) ?? [];
    pieces.push(text);
    let size = (this.sizes.get(source) ?? 0) + text.length;
    while (pieces.length > 1 && size - (pieces[0]?.length ?? 0) >= MOST_OF_LOG) size -= pieces.shift()?.length ?? 0;
    this.logs.set(source, pieces);
    this.sizes.set(source, size);
  }
}
