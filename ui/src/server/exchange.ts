/** Between one stream and the tabs that follow it, wherever it runs: in a shared worker, or in the tab itself. */

import { Replica } from "./replica";
import { Stream, type Link, type World } from "./stream";
import type { Told } from "./types";

/** What a tab wants. */
export type FromTab = { do: "follow"; url: string } | { do: "retry" } | { do: "leave" };

/** What tabs are told. */
export type ToTab = { link: Link } | { told: Told[]; fresh: boolean };

type Tell = (message: ToTab) => void;

const BROWSER: World = {
  fetch: (url, init) => fetch(url, init),
  now: () => Date.now(),
  random: () => Math.random(),
  after: (ms, what) => {
    const timer = setTimeout(what, ms);
    return () => clearTimeout(timer);
  },
};

export class Exchange {
  private tabs = new Set<Tell>();
  private replica = new Replica();
  private stream: Stream | null = null;
  private link: Link = { is: "connecting", attempt: 1 };

  constructor(private readonly world: World = BROWSER) {}

  /** Tell a tab everything, and what happens from now on; the returned function ends that. */
  join(tell: Tell): () => void {
    this.tabs.add(tell);
    if (this.stream) {
      tell({ link: this.link });
      tell({ told: this.replica.all(this.world.now()), fresh: true });
    }
    return () => this.leave(tell);
  }

  hear(wish: FromTab): void {
    if (wish.do === "follow") this.follow(wish.url);
    else this.stream?.retry();
  }

  private follow(url: string): void {
    if (this.stream) {
      this.stream.retry();
      return;
    }
    this.stream = new Stream(url, { link: (link) => this.changed(link), told: (told, fresh) => this.told(told, fresh) }, this.world);
    this.stream.start();
  }

  private changed(link: Link): void {
    this.link = link;
    this.all({ link });
  }

  private told(told: Told[], fresh: boolean): void {
    if (fresh) this.replica.begin();
    for (const each of told) this.replica.take(each, this.world.now());
    this.all({ told, fresh });
  }

  private all(message: ToTab): void {
    for (const tell of this.tabs) tell(message);
  }

  private leave(tell: Tell): void {
    this.tabs.delete(tell);
    if (this.tabs.size > 0) return;
    this.stream?.stop();
    this.stream = null;
    this.replica.begin();
  }
}
