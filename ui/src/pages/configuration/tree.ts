/** The settings in force as sections that fold, and what of them a search leaves. */

import { isRecord } from "../../lib/json";

export type Scalar = string | number | boolean | null;

/** One setting, or several below one key. */
export interface Node {
  key: string;
  /** The keys that lead here, joined by points. */
  path: string;
  /** What it is set to; a list of these is one setting. Undefined where there is more below. */
  values?: readonly Scalar[];
  /** Whether it is a list. */
  listed?: boolean;
  below: readonly Node[];
}

/** What stands at the top level and has nothing below is shown together. */
export interface Section {
  name: string;
  nodes: readonly Node[];
}

/** Sections of `config`; the first one, called `general`, has the settings that stand alone. */
export function sectionsOf(config: Readonly<Record<string, unknown>>, general: string): Section[] {
  const nodes = Object.entries(config).map(([key, value]) => nodeOf(key, key, value));
  const alone = nodes.filter((node) => node.values !== undefined);
  const rest = nodes.filter((node) => node.values === undefined);
  return [{ name: general, nodes: alone }, ...rest.map((node) => ({ name: node.key, nodes: node.below }))];
}

function nodeOf(key: string, path: string, value: unknown): Node {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    if (items.every(isScalar)) return { key, path, values: items, listed: true, below: [] };
    return { key, path, below: items.map((item, index) => nodeOf(nameOf(item, index), `${path}[${index}]`, item)) };
  }
  if (isRecord(value)) {
    const entries = Object.entries(value);
    if (entries.length > 0) return { key, path, below: entries.map(([name, each]) => nodeOf(name, `${path}.${name}`, each)) };
    return { key, path, values: [], below: [] };
  }
  return { key, path, values: [isScalar(value) ? value : null], below: [] };
}

function nameOf(item: unknown, index: number): string {
  return isRecord(item) && typeof item["name"] === "string" ? item["name"] : String(index + 1);
}

/** What is left of `sections` when everything else than what holds `text`, in its path or its value, is taken away. */
export function found(sections: readonly Section[], text: string): Section[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return [...sections];
  return sections
    .map((section) => ({ ...section, nodes: matching(section.nodes, wanted) }))
    .filter((section) => section.nodes.length > 0);
}

function matching(nodes: readonly Node[], wanted: string): Node[] {
  return nodes.flatMap((node) => {
    if (node.path.toLowerCase().includes(wanted)) return [node];
    if (node.values?.some((value) => String(value).toLowerCase().includes(wanted))) return [node];
    const below = matching(node.below, wanted);
    return below.length > 0 ? [{ ...node, below }] : [];
  });
}

/** How many settings there are at or below these. */
export function settingsIn(nodes: readonly Node[]): number {
  return nodes.reduce((sum, node) => sum + (node.values ? 1 : settingsIn(node.below)), 0);
}

export interface Piece {
  text: string;
  /** It stands for something that is not shown. */
  masked: boolean;
}

const MASK = /(\$\{env\.\w+\}|\(not shown\))/;

/** `text` in pieces, so that what is masked can be marked. */
export function pieces(text: string): Piece[] {
  return text
    .split(MASK)
    .map((part, index) => ({ text: part, masked: index % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}
