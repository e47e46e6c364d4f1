/** A block of Markdown in the document. This and what it needs is fetched when there is Markdown to show. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { tooWild } from "./bounds";
import { cleanMarkdown } from "./clean";
import type { Definitions } from "./definitions";
import { parse } from "./parse";
import { fill } from "./slots";
import { t } from "./words";

export interface ProseProps {
  source: string;
  definitions: Definitions;
  version: string;
  marks: string;
}

/** Prose. It is read again only when its source, or (by its `version`) what it refers to, is another. `marks` keeps footnotes of texts apart. */
export function Prose({ source, definitions, version, marks }: ProseProps) {
  const host = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => (host.current ? put(host.current, source, definitions, marks) : undefined), [source, version, marks]);
  return <div class="md-prose" ref={host} />;
}

/** Fill `host` with `source`, as plain text where it is no Markdown that we try; the returned function takes it out. */
function put(host: HTMLElement, source: string, definitions: Definitions, marks: string): (() => void) | undefined {
  host.classList.toggle("md-plain", false);
  try {
    if (tooWild(source)) throw new RangeError("text made to keep the parser busy");
    const { html, slots } = parse(source, definitions);
    const nodes = cleanMarkdown(html);
    dress(nodes);
    const empty = fill(nodes, slots, definitions, marks);
    host.replaceChildren(nodes);
    return empty;
  } catch {
    host.classList.toggle("md-plain", true);
    host.textContent = source;
    return undefined;
  }
}

/** What the sanitiser does not add: where links open, names of boxes, tables that scroll by themselves. */
function dress(nodes: DocumentFragment): void {
  for (const link of nodes.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  }
  for (const box of nodes.querySelectorAll("input")) box.setAttribute("aria-label", box.checked ? t.done : t.notDone);
  for (const table of nodes.querySelectorAll("table")) {
    const frame = document.createElement("div");
    frame.className = "table-box";
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", t.table);
    table.replaceWith(frame);
    frame.append(table);
  }
}
