/** TeX to MathML, by Temml. It is fetched when there is a formula. */

import temml from "temml";

const LONGEST = 4000;
/** Commands that define commands: what is short grows beyond measure by them. */
const DEFINES = /\\(?:[gex]?def|(?:future)?let|(?:re)?newcommand|providecommand|global|long)(?![a-zA-Z])/;
/** Elements that are drawn: many times what a formula of a book has. */
const MOST_ELEMENTS = 10_000;
/** Ems and expansions that a formula may ask for. */
const LIMITS = { maxSize: [20, 200] as [number, number], maxExpand: 200 };

/** `tex` as MathML, by `render`; null when it is no formula, or more than anybody reads. */
export function drawn(tex: string, display: boolean, render: typeof temml.render = temml.render): Element | null {
  if (bomb(tex)) return null;
  const host = document.createElement("span");
  try {
    render(tex, host, { displayMode: display, throwOnError: true, trust: false, ...LIMITS });
  } catch {
    return null;
  }
  return host.getElementsByTagName("*").length > MOST_ELEMENTS ? null : host.firstElementChild;
}

/** Whether it is refused unseen, as it may be made to keep Temml busy. */
export function bomb(tex: string): boolean {
  return tex.length > LONGEST || DEFINES.test(tex) || /[{}^_]{200}/.test(tex);
}
