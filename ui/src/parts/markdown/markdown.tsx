import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { OnUse } from "../../lib/on-use";
import { useEffect, useId, useRef } from "preact/hooks";
import { CodeBlock } from "./code-block";
import { definitionsOf, matters, type Definitions } from "./definitions";
import { Formula } from "./formula";
import { NOTHING, split, wholeOf, type Block, type Finished } from "./split";

type Engine = typeof import("./engine");
const engine = signal<Engine | null>(null);
const loading = new OnUse(async () => (engine.value = await import("./engine")));

/** Have what shows Markdown at hand. Without it (the server is away) text is shown as it is. */
export function fetchMarkdown(): void {
  void loading.fetch();
}

/**
 * Markdown of a model, which may be hostile, and may still be `growing`: finished blocks are rendered once, and only the tail is looked at
 * again. Whoever hands text in decides how often (`pace`).
 */
export function Markdown({ text, growing = false }: { text: string; growing?: boolean }) {
  const marks = useId();
  const known = useRef<{ text: string; done: Finished }>({ text: "", done: NOTHING });
  useEffect(fetchMarkdown, []);
  const drawn = useRef(new WeakMap<Block, Drawn>());
  const blocks = advance(known.current, text, growing);
  const definitions = definitionsOf(blocks);
  const all = JSON.stringify(definitions);
  const view = (block: Block): VNode => {
    const version = matters(block.source, all);
    const before = drawn.current.get(block);
    if (before?.version === version) return before.node;
    const node = <BlockView key={block.at} block={block} definitions={definitions} version={version} marks={marks} />;
    drawn.current.set(block, { version, node });
    return node;
  };
  return <div class="md">{blocks.map(view)}</div>;
}

/** A block as it was drawn: the same node again costs nothing. */
interface Drawn {
  version: string;
  node: VNode;
}

/** The blocks of `text`; those that were finished before are kept as they were. */
function advance(known: { text: string; done: Finished }, text: string, growing: boolean): readonly Block[] {
  if (!text.startsWith(known.text)) known.done = NOTHING;
  known.text = text;
  const { blocks, at, tail } = split(text, known.done);
  known.done = { blocks, at };
  if (growing) return tail ? [...blocks, tail] : blocks;
  return wholeOf(text, known.done);
}

function BlockView({ block, definitions, version, marks }: { block: Block; definitions: Definitions; version: string; marks: string }) {
  const { kind, source, language, open } = block;
  if (kind === "code") return <CodeBlock source={source} language={language} open={open} />;
  if (kind === "formula" && !open) return <Formula tex={source} display />;
  const Prose = engine.value?.Prose;
  if (kind === "formula" || !Prose) return <p class="md-plain">{source}</p>;
  return <Prose source={source} definitions={definitions} version={version} marks={marks} />;
}
