import type { Logger } from './logger.ts';
import { withTimeLimit } from './time-limit.ts';

interface Closable {
  name: string;
  close: () => Promise<void> | void;
  limitMs: number;
}

/** What a process must close before it ends, in the order in which it was opened. */
export class Shutdown {
  readonly #open: Closable[] = [];
  #closing: Promise<void> | undefined;
  #current: string | undefined;

  /**
   * @param name what it is, for errors: "gRPC server".
   * @param limitMs how long closing may take; afterwards the next one is closed all the same.
   * @throws where everything has been closed already: what came too late is still the caller's to close.
   */
  add(name: string, close: () => Promise<void> | void, limitMs = 10_000): void {
    if (this.#closing !== undefined && this.#current === undefined) {
      throw new Error(`cannot add ${name} to a shutdown that is over`);
    }
    this.#open.push({ name, close, limitMs });
  }

  /** What is not closed yet, first opened first. */
  get open(): string[] {
    const names = this.#open.map((one) => one.name);
    return this.#current === undefined ? names : [...names, this.#current];
  }

  /**
   * Closes everything, last opened first. A second call waits for the first.
   * @throws AggregateError once all have had their turn, where some failed or took too long.
   */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const failures: Error[] = [];
    for (let one = this.#open.pop(); one !== undefined; one = this.#open.pop()) {
      const { name, close, limitMs } = one;
      this.#current = name;
      try {
        // In a promise, so that a synchronous throw is caught like any other.
        await withTimeLimit(Promise.resolve().then(close), limitMs, `closing ${name}`);
      } catch (error) {
        failures.push(new Error(`closing ${name} failed`, { cause: error }));
      }
    }
    this.#current = undefined;
    if (failures.length > 0)
      throw new AggregateError(failures, failures.map((one) => one.message).join('; '));
  }
}

/** How a process is ended; given in tests. */
export interface Leaving {
  exit?: (code: number) => void;
  /** How long the process may live once everything is closed, in ms. */
  lingerMs?: number;
}

/**
 * Ends the process with its exit code, should something keep it alive after everything is closed: work that could not be
 * ended in its time, a connection of a library. It ends by itself, and at once, where nothing does.
 */
export function leaveSoon(logger: Logger, { exit = process.exit, lingerMs = 2_000 }: Leaving = {}): void {
  const timer = setTimeout(() => {
    const left = process.getActiveResourcesInfo();
    logger.warn({ left }, 'something is left after everything was closed, leaving all the same');
    exit(Number(process.exitCode ?? 0));
  }, lingerMs);
  timer.unref();
}

/**
 * Waits for SIGTERM or SIGINT, closes everything and resolves; failures to close are logged and set exit code 1.
 * A second signal, or closing for longer than `limitMs`, ends the process at once with code 1; what is left once everything is
 * closed does not keep it alive (see `leaveSoon`).
 */
export async function untilSignal(
  shutdown: Shutdown,
  logger: Logger,
  limitMs: number,
  leaving: Leaving = {},
): Promise<void> {
  const { exit = process.exit } = leaving;
  let caught = false;
  let arrived = (_signal: NodeJS.Signals) => {};
  const first = new Promise<NodeJS.Signals>((resolve) => {
    arrived = resolve;
  });
  const onSignal = (signal: NodeJS.Signals) => {
    if (caught) {
      logger.warn({ signal, open: shutdown.open }, 'second signal, leaving at once');
      exit(1);
    }
    caught = true;
    arrived(signal);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  try {
    const signal = await first;
    logger.info({ signal, open: shutdown.open }, 'shutting down');
    const timer = setTimeout(() => {
      logger.error({ open: shutdown.open, limitMs }, 'shutting down took too long, leaving at once');
      exit(1);
    }, limitMs);
    try {
      await shutdown.close();
      logger.info('shut down');
    } catch (error) {
      logger.error({ err: error }, 'not everything could be closed');
      process.exitCode = 1;
    } finally {
      clearTimeout(timer);
    }
    leaveSoon(logger, leaving);
  } finally {
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  }
}
