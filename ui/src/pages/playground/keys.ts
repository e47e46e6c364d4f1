/** Which keys of a text send it. Pure. */

/** What of a key counts. */
export type Key = Pick<KeyboardEvent, "key" | "shiftKey" | "isComposing" | "keyCode">;

/** What browsers say that tell a composition in no other way. */
const COMPOSES = 229;

/** Whether a key sends: Enter does, without Shift, and not where it ends a composition of an input method. */
export function isSubmit(event: Key): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- Safari ends a composition before the key that did it
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== COMPOSES;
}
