/** Who uses these pages, and what they may do (`GET /api/session`). */

import { computed, effect, signal } from "@preact/signals";
import { wait } from "../lib/backoff";
import { forgetTab } from "../lib/preferences";
import { ask, messageOf, turnedAway } from "./api";
import { follow, link, unfollow } from "./feed";
import type { Scope, Session } from "./types";

/** Null until the server has said it for the first time. */
export const session = signal<Session | null>(null);
/** Nothing can be seen before somebody logs in. */
export const shut = computed(() => session.value !== null && session.value.keyNeeded && !session.value.loggedIn);

/** Why the server did not say who we are, the last time it was asked; empty when it did. */
export const unrecognised = signal("");

/** The session has ended although nobody has logged out. */
export const ended = signal(false);

let left = false;
let failures = 0;
/** How often we have asked: only the last answer counts. */
let asked = 0;
let due: ReturnType<typeof setTimeout> | undefined;

/** Whether the key (if one is needed at all) is good for `scope`. */
export function may(scope: Scope): boolean {
  return session.value?.scopes.includes(scope) ?? false;
}

/**
 * Ask who we are, and follow the events if we may. Never rejects: a server that does not say it is asked again, after a
 * wait that grows.
 */
export async function recognise(): Promise<void> {
  clearTimeout(due);
  const turn = ++asked;
  try {
    const now = await ask<Session>("GET", "api/session");
    if (turn !== asked) return;
    const before = session.peek();
    ended.value = !now.loggedIn && !left && (ended.peek() || (before?.loggedIn ?? false));
    session.value = now;
    left = false;
    failures = 0;
    unrecognised.value = "";
  } catch (error) {
    if (turn !== asked) return;
    failures += 1;
    unrecognised.value = messageOf(error);
    again(wait(failures, Math.random()));
    return;
  }
  if (shut.value || !may("read")) unfollow();
  else follow();
}

/** Begin a session. Rejects with the `ApiError` of a wrong key, or of too many attempts. */
export async function logIn(key: string): Promise<void> {
  await ask("POST", "api/login", { body: { key } });
  await recognise();
}

/** End the session, and with it what this tab keeps of it. Rejects with an `ApiError`. */
export async function logOut(): Promise<void> {
  await ask("POST", "api/logout", {});
  left = true;
  forgetTab();
  await recognise();
}

/** Milliseconds until we ask who we are after the server has turned us away: it may do so again. */
const PAUSE = 500;

function again(ms: number): void {
  clearTimeout(due);
  due = setTimeout(() => void recognise(), ms);
}

if (typeof addEventListener !== "undefined") {
  addEventListener("focus", () => {
    if (shut.peek()) void recognise();
  });
}

let seen = 0;
effect(() => {
  const refused = link.value.is === "refused";
  const times = turnedAway.value;
  if (session.peek() === null || (!refused && times === seen)) return;
  seen = times;
  again(PAUSE);
});
