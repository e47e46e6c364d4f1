/** Code that is fetched when it is used first, and at hand from then on. */
export class OnUse<T> {
  private there: T | null = null;
  private asked: Promise<T | null> | null = null;

  constructor(private readonly load: () => Promise<T>) {}

  /** Call `use` with it, at once if it is at hand. The returned function ends the wait. When it cannot be had, the next use asks again. */
  with(use: (code: T) => void): () => void {
    let wanted = true;
    if (this.there) use(this.there);
    else void this.fetch().then((code) => code && wanted && use(code));
    return () => {
      wanted = false;
    };
  }

  /** Have it at hand; resolves to null when it cannot be had. */
  fetch(): Promise<T | null> {
    this.asked ??= this.load().then(
      (code) => (this.there = code),
      () => (this.asked = null),
    );
    return this.asked;
  }
}
