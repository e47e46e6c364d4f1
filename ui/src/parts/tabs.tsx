import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { ask, asked } from "../app/router";

export interface Tab {
  id: string;
  name: ComponentChildren;
}

/** The tab that the query names by `name`, or the first one. */
export function currentTab(tabs: readonly Tab[], name = "tab"): string {
  const wished = asked(name);
  return tabs.some(({ id }) => id === wished) ? wished : (tabs[0]?.id ?? "");
}

/** Tabs whose choice stands in the address. Arrow keys, Home and End move between them. */
export function Tabs({ tabs, label, name = "tab" }: { tabs: readonly Tab[]; label: string; name?: string }) {
  const own = useRef<HTMLDivElement>(null);
  const current = currentTab(tabs, name);
  const choose = (id: string): void => ask({ [name]: id === tabs[0]?.id ? "" : id }, false);
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(({ id }) => id === current);
    const moves: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    if (!tab) return;
    choose(tab.id);
    own.current?.querySelector<HTMLElement>(`[data-tab="${CSS.escape(tab.id)}"]`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} ref={own} onKeyDown={onKeyDown}>
      {tabs.map(({ id, name: text }) => (
        <button
          type="button"
          role="tab"
          key={id}
          data-tab={id}
          id={`${name}-${id}`}
          aria-selected={id === current ? "true" : "false"}
          aria-controls={`${name}-panel`}
          tabIndex={id === current ? 0 : -1}
          onClick={() => choose(id)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}

/** What the current tab shows. */
export function TabPanel({ tab, children, name = "tab" }: { tab: string; children: ComponentChildren; name?: string }) {
  return (
    <div role="tabpanel" id={`${name}-panel`} aria-labelledby={`${name}-${tab}`} class="tab-panel">
      {children}
    </div>
  );
}
