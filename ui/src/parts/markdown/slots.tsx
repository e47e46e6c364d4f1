/** What stands in the slots of a block. */

import { render } from "preact";
import { Icon } from "../icon";
import { CodeBlock } from "./code-block";
import type { Definitions } from "./definitions";
import { Formula } from "./formula";
import type { Slot } from "./parse";
import { t } from "./words";

/** Fill the slots of `host`; the returned function takes out what stands in them. */
export function fill(host: ParentNode, slots: readonly Slot[], definitions: Definitions, marks: string): () => void {
  const filled: Element[] = [];
  for (const element of host.querySelectorAll("[data-slot]")) {
    const slot = slots[Number(element.getAttribute("data-slot"))];
    if (!slot) continue;
    render(<InSlot slot={slot} definitions={definitions} marks={marks} />, element);
    filled.push(element);
  }
  return () => filled.forEach((element) => render(null, element));
}

function InSlot({ slot, definitions, marks }: { slot: Slot; definitions: Definitions; marks: string }) {
  switch (slot.is) {
    case "code":
      return <CodeBlock source={slot.source} language={slot.language} open={false} />;
    case "formula":
      return <Formula tex={slot.tex} display={slot.display} />;
    case "image":
      return <Picture address={slot.address} alt={slot.alt} />;
    case "note":
      return <Note label={slot.label} number={definitions.notes[slot.label]} marks={marks} />;
    case "note-back":
      return <NoteBack label={slot.label} number={definitions.notes[slot.label]} marks={marks} />;
  }
}

/** An image is elsewhere, and never fetched by these pages, as its server would learn of the reader. */
function Picture({ address, alt }: { address: string; alt: string }) {
  return (
    <a class="md-remote" href={address} target="_blank" rel="noopener noreferrer nofollow">
      <Icon name="image" />
      {alt && <span>{alt}</span>}
      <span class="muted">{t.openImage(hostOf(address))}</span>
    </a>
  );
}

function Note({ label, number, marks }: { label: string; number: number | undefined; marks: string }) {
  if (number === undefined) return <>{`[^${label}]`}</>;
  return (
    <sup>
      <button type="button" class="md-note-mark" id={`${marks}-from-${number}`} aria-label={t.note(number)} onClick={() => show(`${marks}-note-${number}`)}>
        {number}
      </button>
    </sup>
  );
}

function NoteBack({ label, number, marks }: { label: string; number: number | undefined; marks: string }) {
  if (number === undefined) return <>{`[^${label}]:`}</>;
  return (
    <button type="button" class="md-note-mark" id={`${marks}-note-${number}`} aria-label={t.noteBack(number)} onClick={() => show(`${marks}-from-${number}`)}>
      {number}
    </button>
  );
}

function show(id: string): void {
  const element = document.getElementById(id);
  element?.scrollIntoView({ block: "nearest" });
  element?.focus();
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).host : address.slice(0, 60);
}
