/**
 * Markdown to HTML and slots. The HTML holds nothing but the tags of Markdown, as raw HTML is shown as text; everything that is more
 * than text (code, formulas, images, footnotes) is an empty slot, which a part of ours fills. `clean.ts` goes over it all the same.
 */

import { Lexer, Marked, Parser, Renderer, type RendererThis, type Tokens } from "marked";
import type { Definitions } from "./definitions";
import { formulaAt, formulaFrom } from "./formulas";

/** What a part of ours shows. */
export type Slot =
  | { is: "code"; source: string; language: string }
  | { is: "formula"; tex: string; display: boolean }
  | { is: "image"; address: string; alt: string }
  | { is: "note"; label: string }
  | { is: "note-back"; label: string };

export interface Parsed {
  html: string;
  /** By the numbers of `data-slot`. */
  slots: readonly Slot[];
}

/** Where links may lead. */
const ADDRESS = /^(?:https?:\/\/|mailto:)/i;
const LONGEST_ADDRESS = 4000;

class SlotRenderer extends Renderer {
  readonly slots: Slot[] = [];

  slot(slot: Slot, tag = "span"): string {
    return `<${tag} data-slot="${this.slots.push(slot) - 1}"></${tag}>`;
  }

  override html({ text }: Tokens.HTML | Tokens.Tag): string {
    return escaped(text);
  }

  override code({ text, lang }: Tokens.Code): string {
    return this.slot({ is: "code", source: text, language: /^\S*/.exec(lang ?? "")?.[0] ?? "" }, "div");
  }

  override image({ href, text }: Tokens.Image): string {
    return /^https?:\/\//i.test(href) ? this.slot({ is: "image", address: href, alt: text }) : escaped(text);
  }

  override link({ href, title, tokens }: Tokens.Link): string {
    const text = this.parser.parseInline(tokens);
    if (!allowed(href)) return text;
    return `<a href="${escaped(href)}"${title ? ` title="${escaped(title)}"` : ""}>${text}</a>`;
  }

  override heading({ tokens, depth }: Tokens.Heading): string {
    const tag = `h${Math.min(6, depth + 2)}`;
    return `<${tag}>${this.parser.parseInline(tokens)}</${tag}>\n`;
  }
}

/** Whether a link may lead to `address`. */
export function allowed(address: string): boolean {
  return ADDRESS.test(address) && address.length <= LONGEST_ADDRESS;
}

export function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;").replace(/'/g, "&#39;");
}

function slotOf(self: RendererThis, slot: Slot): string {
  return self.parser.renderer instanceof SlotRenderer ? self.parser.renderer.slot(slot) : "";
}

const engine = new Marked({
  gfm: true,
  extensions: [
    {
      name: "formula",
      level: "inline",
      start: (source) => nonNegative(formulaFrom(source)),
      tokenizer(source) {
        const found = formulaAt(source);
        return found ? { type: "formula", ...found } : undefined;
      },
      renderer(token) {
        return slotOf(this, { is: "formula", tex: String(token["tex"]), display: token["display"] === true });
      },
    },
    {
      name: "note",
      level: "inline",
      start: (source) => nonNegative(source.indexOf("[^")),
      tokenizer(source) {
        const [raw, label] = /^\[\^([^\]\s]{1,60})\]/.exec(source) ?? [];
        return raw === undefined ? undefined : { type: "note", raw, label };
      },
      renderer(token) {
        return slotOf(this, { is: "note", label: String(token["label"]) });
      },
    },
    {
      name: "noteText",
      level: "block",
      start: (source) => nonNegative(source.search(/^ {0,3}\[\^[^\]\s]{1,60}\]:/m)),
      tokenizer(source) {
        const [raw, label, text = ""] = /^ {0,3}\[\^([^\]\s]{1,60})\]:[ \t]*([^\n]*(?:\n(?!\s*\n| {0,3}\[\^)[^\n]+)*)(?:\n|$)/.exec(source) ?? [];
        if (raw === undefined) return undefined;
        return { type: "noteText", raw, label, tokens: this.lexer.inline(text, []) };
      },
      renderer(token) {
        const label = slotOf(this, { is: "note-back", label: String(token["label"]) });
        return `<p class="md-note">${label} ${this.parser.parseInline(token.tokens ?? [])}</p>\n`;
      },
    },
  ],
});

/** Read a block. Throws what the parser throws. */
export function parse(source: string, definitions: Definitions): Parsed {
  const renderer = new SlotRenderer();
  const options = { ...engine.defaults, renderer };
  const lexer = new Lexer(options);
  for (const [label, href] of Object.entries(definitions.links)) lexer.tokens.links[label] = { href, title: null };
  const html = new Parser(options).parse(lexer.lex(source));
  return { html, slots: renderer.slots };
}

function nonNegative(at: number): number | undefined {
  return at < 0 ? undefined : at;
}
