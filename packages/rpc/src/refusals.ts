/** Where refused calls are told; pino's loggers are ones. */
export interface RefusalLogger {
  warn(fields: object, message: string): void;
}

/** Who was refused: nothing of what the call carried. */
export interface Refusal {
  /** /ddad.v1.WorkerService/Make; null where it did not come so far. */
  method: string | null;
  /** host:port */
  peer: string;
  reason: string;
}

/** Lines that strangers can cause in a window of time, however often they call. */
const linesPerWindow = 10;
const windowMs = 60_000;

/** Logs refusals, but no more than ten a minute; what came beyond is counted in the next line. */
export class Refusals {
  readonly #logger: RefusalLogger;
  readonly #now: () => number;
  #windowFrom = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #unlogged = 0;

  /** @param now milliseconds, only forward */
  constructor(logger: RefusalLogger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  add({ method, peer, reason }: Refusal): void {
    const now = this.#now();
    if (now - this.#windowFrom >= windowMs) {
      this.#windowFrom = now;
      this.#lines = 0;
    }
    if (this.#lines >= linesPerWindow) {
      this.#unlogged += 1;
      return;
    }
    this.#lines += 1;
    const unlogged = this.#unlogged;
    this.#unlogged = 0;
    this.#logger.warn({ method, peer, reason, ...(unlogged === 0 ? {} : { unlogged }) }, 'refused a call');
  }
}
