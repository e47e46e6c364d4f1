/** Which logs there are, and how an address names them: `all`, `proxy`, `upstream`, `model:<id>`. Pure. */

export type Source = { is: "all" | "proxy" | "upstream" } | { is: "model"; id: string };

export function sourceOf(text: string): Source | null {
  if (text === "all" || text === "proxy" || text === "upstream") return { is: text };
  return text.startsWith("model:") && text.length > 6 ? { is: "model", id: text.slice(6) } : null;
}

export function nameOf(source: Source): string {
  return source.is === "model" ? `model:${source.id}` : source.is;
}

/** Where the server has it, below `logs/stream/`. */
export function pathOf(source: Source): string {
  if (source.is === "model") return source.id;
  return source.is === "all" ? "" : source.is;
}

/** The logs that the query asks for: one, or two side by side. */
export function sourcesOf(source: string, beside: string, split: boolean): Source[] {
  const first = sourceOf(source);
  if (beside === "" && first === null) return split ? [{ is: "proxy" }, { is: "upstream" }] : [{ is: "all" }];
  const second = sourceOf(beside);
  return second === null ? [first ?? { is: "all" }] : [first ?? { is: "proxy" }, second];
}
