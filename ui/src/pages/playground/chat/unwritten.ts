/** What one tab knows better than the storage that all tabs share: what it has changed and not written yet. Pure. */

export class Unwritten {
  /** By ID, how many changes there are. */
  private readonly changes = new Map<string, number>();

  /** What is called `ids` is changed here; call what is returned, once, when that is written. */
  change(ids: readonly string[]): () => void {
    for (const id of ids) this.changes.set(id, (this.changes.get(id) ?? 0) + 1);
    return () => {
      for (const id of ids) {
        const left = (this.changes.get(id) ?? 1) - 1;
        if (left > 0) this.changes.set(id, left);
        else this.changes.delete(id);
      }
    };
  }

  /** What was `read`; but what is changed here as it is `known` here, and left out where it is not. */
  merged<T extends { id: string }>(read: readonly T[], known: Iterable<T>): T[] {
    return [...read.filter(({ id }) => !this.changes.has(id)), ...[...known].filter(({ id }) => this.changes.has(id))];
  }
}
