/** By what requests of this page are recognised among those that are under way (web-ui 2, appendix C). */

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
const LENGTH = 5;

/** `lspg-` and five of `[a-z0-9]`; `random` gives numbers of 0 to 1, without 1. */
export function makeSessionId(random: () => number): string {
  const letters = Array.from({ length: LENGTH }, () => LETTERS[Math.floor(random() * LETTERS.length)] ?? "a");
  return `lspg-${letters.join("")}`;
}

/** One for each time that the page is loaded. */
const SESSION_ID = makeSessionId(Math.random);

/** What every request of the Playground says. */
export const SESSION = { "X-Session-ID": SESSION_ID } as const;
