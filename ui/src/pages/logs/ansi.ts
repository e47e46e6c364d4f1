/**
 * What programs write to a terminal, as lines of text with styles (web-ui 3.4). Pure.
 *
 * Colours and letters (SGR, with `;` or `:`) are kept; every other control sequence, titles and links among them, is dropped.
 * A carriage return goes back to the beginning of the line, so that progress bars stay one line.
 */

/** How letters look. Colours: 0 to 15 are those of the theme, text is a colour of CSS. */
export interface Style {
  fore?: number | string;
  back?: number | string;
  bold?: true;
  faint?: true;
  italic?: true;
  underline?: true;
  inverse?: true;
  strike?: true;
}

/** Letters from `from` up to `to` look like `style`; the same looks are the same object. */
export interface Span {
  from: number;
  to: number;
  style: Style;
}

export interface Line {
  text: string;
  /** In order, without overlaps; those that look like nothing in particular are left out. */
  spans: readonly Span[];
}

/** Characters of a line; the rest is another line. */
export const LONGEST_LINE = 8192;
/** Characters of a control sequence; longer ones are none. */
const LONGEST_SEQUENCE = 4096;
const NO_SPANS: readonly Span[] = [];
const PLAIN: Style = {};

// CSI; OSC, DCS, SOS, PM and APC up to their end, or up to what cannot be in them; other escapes; a carriage return; a line feed; other
// control characters. What is in a control string holds no beginning of another and is bounded, so no part of a text is read again and again.
const CONTROL =
  /(?:\x1b\[|\x9b)([\x30-\x3f]*)[\x20-\x2f]*([\x40-\x7e])|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f\n]{0,4096}(?:\x07|\x1b\\|\x9c|(?=[\n\x80-\x9f]))|\x1b[\x20-\x2f]*[\x30-\x4f\x51-\x57\x59\x5a\x5c\x60-\x7e]|(\r)|(\n)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9a\x9c-\x9f]/g;
/** The beginning of a sequence whose end has not come yet. */
const UNFINISHED = /(?:\x1b(?:\[[\x20-\x3f]*|[\]PX^_][^\x07\x1b\x80-\x9f\n]*\x1b?|[\x20-\x2f]*)?|\x9b[\x20-\x3f]*|[\x90\x98\x9d-\x9f][^\x07\x1b\x80-\x9f\n]*\x1b?)$/;

/** Reads one stream, in pieces of any size. */
export class Painter {
  private rest = "";
  private style: Style = PLAIN;
  private text = "";
  private spans: Span[] = [];
  /** What the line said before the last carriage return: it shows where the new text does not reach. */
  private under: Line | null = null;

  /** The lines that `piece` completes. */
  feed(piece: string): Line[] {
    const done: Line[] = [];
    const whole = this.rest + piece;
    const rest = UNFINISHED.exec(whole);
    const end = rest && whole.length - rest.index < LONGEST_SEQUENCE ? rest.index : whole.length;
    this.rest = whole.slice(end);
    let at = 0;
    CONTROL.lastIndex = 0;
    for (let found = CONTROL.exec(whole); found && found.index < end; found = CONTROL.exec(whole)) {
      this.write(whole.slice(at, found.index), done);
      at = CONTROL.lastIndex;
      const [, parameters, final, back, feed] = found;
      if (feed !== undefined) done.push(this.end());
      else if (back !== undefined) this.back();
      else if (final === "m") this.style = styled(this.style, parameters ?? "");
      else if (final === "K" && parameters !== "1") this.under = null;
    }
    this.write(whole.slice(at, end), done);
    return done;
  }

  /** The line that has no end yet; null when nothing is in it. */
  open(): Line | null {
    const line = this.current();
    return line.text === "" ? null : line;
  }

  private write(text: string, done: Line[]): void {
    for (let at = 0; at < text.length; ) {
      const room = LONGEST_LINE - this.text.length;
      const part = text.slice(at, at + room);
      if (part !== "" && this.style !== PLAIN) this.paint(part.length);
      this.text += part;
      at += part.length;
      if (this.text.length >= LONGEST_LINE) done.push(this.end());
    }
  }

  private paint(length: number): void {
    const from = this.text.length;
    const last = this.spans.at(-1);
    if (last?.to === from && last.style === this.style) last.to += length;
    else this.spans.push({ from, to: from + length, style: this.style });
  }

  private back(): void {
    const line = this.current();
    this.under = line.text === "" ? null : line;
    this.text = "";
    this.spans = [];
  }

  private end(): Line {
    const line = this.current();
    this.text = "";
    this.spans = [];
    this.under = null;
    return line;
  }

  private current(): Line {
    const own: Line = { text: this.text, spans: this.spans.length > 0 ? this.spans.map((span) => ({ ...span })) : NO_SPANS };
    return this.under === null ? own : laidOver(own, this.under);
  }
}

/** `over`, and what of `under` is beyond it. */
function laidOver(over: Line, under: Line): Line {
  const seam = over.text.length;
  if (under.text.length <= seam) return over;
  const beyond = under.spans.filter(({ to }) => to > seam).map(({ from, to, style }) => ({ from: Math.max(from, seam), to, style }));
  return { text: over.text + under.text.slice(seam), spans: [...over.spans, ...beyond] };
}

const known = new Map<string, Style>();

/** One object for each look. */
function shared(style: Style): Style {
  const key = JSON.stringify(style, Object.keys(style).sort());
  if (key === "{}") return PLAIN;
  const found = known.get(key);
  if (found) return found;
  if (known.size >= 4096) known.clear();
  known.set(key, style);
  return style;
}

const SWITCHES: Readonly<Record<number, Partial<Style>>> = {
  1: { bold: true },
  2: { faint: true },
  3: { italic: true },
  4: { underline: true },
  7: { inverse: true },
  9: { strike: true },
  21: { underline: true },
};
const ENDS: Readonly<Record<number, readonly (keyof Style)[]>> = {
  22: ["bold", "faint"],
  23: ["italic"],
  24: ["underline"],
  27: ["inverse"],
  29: ["strike"],
  39: ["fore"],
  49: ["back"],
};

/** The look after an SGR with these parameters. */
export function styled(before: Style, parameters: string): Style {
  let style: Style = { ...before };
  const groups = parameters.split(";").map((group) => group.split(":").map(Number));
  for (let at = 0; at < groups.length; at += 1) {
    const group = groups[at] ?? [];
    const code = group[0] ?? 0;
    if (code === 38 || code === 48 || code === 58) {
      const [colour, used] = group.length > 1 ? [ofGroup(group), 0] : ofList(groups.slice(at + 1, at + 5).map(([first]) => first ?? 0));
      at += used;
      if (colour !== null && code === 38) style.fore = colour;
      if (colour !== null && code === 48) style.back = colour;
    } else if (code === 0) style = {};
    else if (code === 4 && group[1] === 0) delete style.underline;
    else if (SWITCHES[code]) style = { ...style, ...SWITCHES[code] };
    else if (ENDS[code]) style = without(style, ENDS[code]);
    else basic(style, code);
  }
  return shared(style);
}

function without(style: Style, names: readonly (keyof Style)[]): Style {
  return Object.fromEntries(Object.entries(style).filter(([name]) => !(names as readonly string[]).includes(name)));
}

function basic(style: Style, code: number): void {
  if (code >= 30 && code <= 37) style.fore = code - 30;
  else if (code >= 40 && code <= 47) style.back = code - 40;
  else if (code >= 90 && code <= 97) style.fore = code - 82;
  else if (code >= 100 && code <= 107) style.back = code - 92;
}

/** `38:5:n`, `38:2:r:g:b` and `38:2:space:r:g:b`. */
function ofGroup(group: readonly number[]): number | string | null {
  if (group[1] === 5) return indexed(group[2] ?? 0);
  if (group[1] !== 2) return null;
  const [red = 0, green = 0, blue = 0] = group.slice(group.length >= 6 ? 3 : 2);
  return rgb(red, green, blue);
}

/** `38;5;n` and `38;2;r;g;b`: the colour, and how many of the `next` parameters it took. */
function ofList(next: readonly number[]): [number | string | null, number] {
  const [kind, first = 0, second = 0, third = 0] = next;
  if (kind === 5) return [indexed(first), 2];
  if (kind === 2) return [rgb(first, second, third), 4];
  return [null, 0];
}

const STEPS = [0, 95, 135, 175, 215, 255];

/** A colour of the 256: the first 16 are those of the theme. */
export function indexed(index: number): number | string | null {
  if (!(index >= 0 && index <= 255)) return null;
  if (index < 16) return index;
  if (index >= 232) return rgb(8 + (index - 232) * 10, 8 + (index - 232) * 10, 8 + (index - 232) * 10);
  const cube = index - 16;
  return rgb(STEPS[Math.floor(cube / 36)] ?? 0, STEPS[Math.floor(cube / 6) % 6] ?? 0, STEPS[cube % 6] ?? 0);
}

function rgb(...parts: number[]): string {
  return `rgb(${parts.map((part) => Math.min(255, Math.max(0, part || 0))).join(",")})`;
}
