/** TeX to MathML, by Temml. It is fetched when there is a formula. */

import temml from "temml";

const LONGEST = 4000;
/** Ems and expansions that a formula may ask for. */
const LIMITS = { maxSize: [20, 200] as [number, number], maxExpand: 200 };

/** `tex` as MathML; null when it is no formula. */
export function drawn(tex: string, display: boolean): Element | null {
  if (tex.length > LONGEST || /[{}^_]{200}/.test(tex)) return null;
  const host = document.createElement("span");
  try {
    temml.render(tex, host, { displayMode: display, throwOnError: true, trust: false, ...LIMITS });
  } catch {
    return null;
  }
  return host.firstElementChild;
}
