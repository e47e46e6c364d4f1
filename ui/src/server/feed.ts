/** The stream of events as this tab follows it: through the shared worker, or by itself where there is none. */

import { signal } from "@preact/signals";
import { address } from "./api";
import { Exchange, type FromTab, type ToTab } from "./exchange";
import type { Link } from "./stream";
import type { Told } from "./types";

declare const WORKER_FEED: string;

/** How it is with the stream. */
export const link = signal<Link>({ is: "connecting", attempt: 1 });
/** Whether anything has been told yet: before, nobody knows that there is nothing. */
export const informed = signal(false);

type Data<T extends Told["type"]> = Extract<Told, { type: T }>["data"];
const hearers = new Map<Told["type"], Set<(told: Told) => void>>();
const renewals = new Set<() => void>();

/** Call `hear` with what messages of `type` tell; the returned function ends that. */
export function onTold<T extends Told["type"]>(type: T, hear: (data: Data<T>) => void): () => void {
  const known = hearers.get(type) ?? new Set();
  hearers.set(type, known);
  const each = (told: Told): void => {
    if (told.type === type) hear(told.data as Data<T>);
  };
  known.add(each);
  return () => known.delete(each);
}

/** Call `renew` before everything is told anew; the returned function ends that. */
export function onFresh(renew: () => void): () => void {
  renewals.add(renew);
  return () => renewals.delete(renew);
}

let send: ((wish: FromTab) => void) | null = null;

/** Begin to follow; harmless when this tab does. */
export function follow(): void {
  send ??= connected();
  send({ do: "follow", url: address("api/events", { logs: "no" }).href });
}

/** Connect now instead of when the time has come. */
export function retryNow(): void {
  send?.({ do: "retry" });
}

/** Follow no more, until `follow`. */
export function unfollow(): void {
  send?.({ do: "leave" });
  send = null;
}

function connected(): (wish: FromTab) => void {
  return typeof SharedWorker === "undefined" ? connectedHere() : connectedToWorker();
}

function connectedToWorker(): (wish: FromTab) => void {
  const { port } = new SharedWorker(scriptAddress(WORKER_FEED), { name: "llamaswap" });
  port.onmessage = ({ data }: MessageEvent<ToTab>) => hear(data);
  const leave = (): void => port.postMessage({ do: "leave" } satisfies FromTab);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  return (wish) => {
    if (wish.do === "leave") removeEventListener("pagehide", leave);
    port.postMessage(wish);
  };
}

function connectedHere(): (wish: FromTab) => void {
  const exchange = new Exchange();
  const leave = exchange.join(hear);
  return (wish) => (wish.do === "leave" ? leave() : exchange.hear(wish));
}

function hear(message: ToTab): void {
  if ("link" in message) {
    link.value = message.link;
    return;
  }
  if (message.fresh) for (const renew of renewals) renew();
  for (const told of message.told) for (const each of hearers.get(told.type) ?? []) each(told);
  if (message.told.some((told) => told.type === "modelStatus")) informed.value = true;
}

/** The address of a script of ours, by its name in the build, for a worker. */
export function scriptAddress(name: string): string {
  const url = new URL(name, document.baseURI).href;
  return (policy ? policy.createScriptURL(url) : url) as string;
}

const policy = typeof window === "undefined" ? undefined : window.trustedTypes?.createPolicy("llamaswap", { createScriptURL: ours });

/** `url`, when it is of this very server's UI. */
function ours(url: string): string {
  if (!url.startsWith(new URL("assets/", document.baseURI).href)) throw new TypeError("not a script of ours");
  return url;
}

if (typeof addEventListener !== "undefined") {
  addEventListener("online", retryNow);
  addEventListener("focus", retryNow);
}
