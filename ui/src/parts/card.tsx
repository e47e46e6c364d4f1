import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface CardProps {
  title: ComponentChildren;
  /** Beside the title, in muted letters. */
  note?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}

/** A part of a page, with a heading. */
export function Card({ title, note, actions, children, class: extra = "" }: CardProps) {
  const heading = useId();
  return (
    <section class={`card ${extra}`} aria-labelledby={heading}>
      <header class="card-head">
        <h2 id={heading}>{title}</h2>
        {note !== undefined && <span class="card-note">{note}</span>}
        {actions !== undefined && <div class="card-actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** What stands where there is nothing to show. */
export function Empty({ children, title }: { title?: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      {title !== undefined && <p class="empty-title">{title}</p>}
      {children}
    </div>
  );
}
