import { CommandFailure, exitCodes } from './failure.ts';
import { aborted, atMost } from './waiting.ts';

/** For how long interrupted work may tidy up after itself, in milliseconds: somebody waits at a terminal. */
const tidyMs = 500;
/** Signals that come together are one, in milliseconds: npx passes a Ctrl-C on that the terminal has sent here already. */
const togetherMs = 300;

/** What ends a command early: Ctrl-C, SIGTERM, a terminal that hangs up. */
export class Interruption {
  readonly #controller = new AbortController();
  #message = 'interrupted';

  /** Aborted with the signal's name once it has come. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  come(signal: NodeJS.Signals): void {
    this.#controller.abort(signal);
  }

  /** Says what the user is told whose interruption comes from now on: what becomes of the work so far. */
  means(message: string): void {
    this.#message = message;
  }

  /**
   * To be called before what must not be done any more.
   * @throws CommandFailure where it has come
   */
  check(): void {
    if (this.signal.aborted) throw this.#failure();
  }

  /**
   * Waits for work as long as nothing interrupts it, whether or not it listens; then for no longer than it takes to tidy up.
   * @throws CommandFailure where it was interrupted
   */
  async ends<T>(work: Promise<T>): Promise<T> {
    try {
      return await Promise.race([work, aborted(this.signal)]);
    } catch (error) {
      if (!this.signal.aborted) throw error;
      await atMost(tidyMs, work);
      throw this.#failure();
    }
  }

  #failure(): CommandFailure {
    const terminated = this.signal.reason === 'SIGTERM';
    return new CommandFailure(this.#message, terminated ? exitCodes.terminated : exitCodes.interrupted);
  }
}

/**
 * Does work that the first signal ends. After it nobody listens to signals any more: the next one ends the process at once.
 * @param onSignal registers for signals, and returns what takes that back
 * @throws CommandFailure where it was interrupted
 */
export async function interruptible<T>(
  onSignal: (handler: (signal: NodeJS.Signals) => void) => () => void,
  work: (interruption: Interruption) => Promise<T>,
): Promise<T> {
  const interruption = new Interruption();
  let forgetting: NodeJS.Timeout | undefined;
  const forget = onSignal((signal) => {
    interruption.come(signal);
    forgetting ??= setTimeout(forget, togetherMs);
  });
  try {
    return await interruption.ends(work(interruption));
  } finally {
    clearTimeout(forgetting);
    forget();
  }
}
