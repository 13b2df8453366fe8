/** Work that is done again and again, one at a time, and at once where somebody wishes it. */
export class Recurring {
  /** Resolves once the work was done for the first time. */
  readonly first: Promise<void>;
  readonly #work: () => Promise<number>;
  readonly #ended: Promise<void>;
  #wished = false;
  #closed = false;
  #wake = () => {};

  /** @param work must not reject. Its value: in how many milliseconds it is due again. It begins after the next tick */
  constructor(work: () => Promise<number>) {
    this.#work = work;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.first = promise;
    this.#ended = this.#loop(resolve);
  }

  /** Has it done now; where it is under way, once more right after. */
  wish(): void {
    this.#wished = true;
    this.#wake();
  }

  /** Ends it; resolves once nothing of it is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#ended;
  }

  get closed(): boolean {
    return this.#closed;
  }

  async #loop(doneOnce: () => void): Promise<void> {
    // Whoever made this one may be needed by the work.
    await Promise.resolve();
    while (!this.#closed) {
      this.#wished = false;
      const dueMs = await this.#work();
      doneOnce();
      // Nothing lies between these looks and the sleep: no wish is lost.
      if (!this.#wished && !this.#closed) await this.#sleep(dueMs);
    }
    doneOnce();
  }

  async #sleep(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    this.#wake = resolve;
    await promise;
    clearTimeout(timer);
    this.#wake = () => {};
  }
}
