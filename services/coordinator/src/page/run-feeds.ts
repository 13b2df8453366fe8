import { RunFeed, type RunFeedDeps } from './run-feed.ts';

/** Too many runs are watched at a time. */
export class TooManyFeeds extends Error {
  override readonly name = 'TooManyFeeds';
}

/** For how long a feed stays without viewers: a page that is loaded anew, or that reconnects, finds it. */
const keptMs = 20_000;

/** One feed a run, shared by its viewers. */
export class RunFeeds {
  readonly #deps: RunFeedDeps;
  readonly #limit: number;
  readonly #feeds = new Map<string, { feed: Promise<RunFeed | null>; timer: NodeJS.Timeout | null }>();
  #closed = false;

  /** @param limit most runs to follow at a time */
  constructor(deps: RunFeedDeps, limit = 64) {
    this.#deps = deps;
    this.#limit = limit;
  }

  /**
   * The feed of a run, opened where there is none.
   * @returns null where there is no such run
   * @throws TooManyFeeds; and what finding the run fails with
   */
  async open(reference: string): Promise<RunFeed | null> {
    const known = this.#feeds.get(reference);
    if (known !== undefined) {
      const feed = await known.feed;
      this.#keep(reference);
      return feed;
    }
    if (this.#closed || this.#feeds.size >= this.#limit) throw new TooManyFeeds('too many runs are watched');
    const opening = { feed: RunFeed.open(this.#deps, reference), timer: null };
    this.#feeds.set(reference, opening);
    try {
      const feed = await opening.feed;
      if (this.#closed) feed?.close();
      if (feed === null) this.#feeds.delete(reference);
      else this.#keep(reference);
      return feed;
    } catch (error) {
      this.#feeds.delete(reference);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const reference of [...this.#feeds.keys()]) this.#drop(reference);
  }

  #keep(reference: string): void {
    const known = this.#feeds.get(reference);
    if (known === undefined || this.#closed) return;
    if (known.timer !== null) clearTimeout(known.timer);
    known.timer = setTimeout(async () => {
      const feed = await known.feed;
      if (feed !== null && feed.viewers > 0) this.#keep(reference);
      else this.#drop(reference);
    }, keptMs);
    known.timer.unref();
  }

  #drop(reference: string): void {
    const known = this.#feeds.get(reference);
    if (known === undefined) return;
    if (known.timer !== null) clearTimeout(known.timer);
    this.#feeds.delete(reference);
    known.feed.then(
      (feed) => feed?.close(),
      () => {},
    );
  }
}
