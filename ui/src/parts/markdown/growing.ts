/** Text that grows inside an element. What it has shown is not touched, and lines stand in groups, so that little is laid out anew. */

/** Lines of a group. */
const LINES = 40;

export class Growing {
  private shown = "";
  private last: Text | null = null;
  private lines = 0;

  constructor(private readonly host: HTMLElement) {
    host.replaceChildren();
  }

  /** Show `text`; what it begins with, when that is shown already, stays. */
  show(text: string): void {
    if (!text.startsWith(this.shown)) this.clear();
    this.append(text.slice(this.shown.length));
    this.shown = text;
  }

  private clear(): void {
    this.host.replaceChildren();
    this.shown = "";
    this.last = null;
  }

  private append(more: string): void {
    for (const line of more.match(/[^\n]*\n|[^\n]+/g) ?? []) {
      const group = this.last && this.lines < LINES ? this.last : this.group();
      group.appendData(line);
      if (line.endsWith("\n")) this.lines += 1;
    }
  }

  private group(): Text {
    const group = document.createElement("span");
    group.className = "md-lines";
    this.last = document.createTextNode("");
    this.lines = 0;
    group.append(this.last);
    this.host.append(group);
    return this.last;
  }
}
