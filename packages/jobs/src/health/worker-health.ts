import { mostUnfit } from '@ddad/contract';
import type { HealthCheck } from './health-check.ts';

/** Pauses between looks while something is wrong, in ms: each is twice as long as the one before it. */
export interface LookPauses {
  firstMs: number;
  mostMs: number;
}

const defaultPauses: LookPauses = { firstMs: 5_000, mostMs: 60_000 };

export interface WorkerHealthOptions {
  checks: readonly HealthCheck[];
  logger: { info(message: string): void; warn(details: object, message: string): void };
  pauses?: LookPauses;
  /** Calls back once, so many ms later; the result calls that off. */
  after?: (milliseconds: number, then: () => void) => () => void;
}

/**
 * Whether a worker is fit for jobs, by its own checks. They are made once at the beginning, again whenever somebody asks for a
 * look, and while something is wrong with growing pauses between.
 */
export class WorkerHealth {
  readonly #options: Required<WorkerHealthOptions>;
  readonly #over = new AbortController();
  #unfit: string | undefined = 'it has not been checked yet';
  #onChange: (unfit: string | undefined) => void = () => {};
  /** Names of the checks that failed last, of which the log has been told. */
  #told = '';
  #looking: Promise<void> | null = null;
  #again = false;
  #failures = 0;
  #callOff: () => void = () => {};

  constructor(options: WorkerHealthOptions) {
    this.#options = { pauses: defaultPauses, after: afterTimeout, ...options };
  }

  /** Why it is not fit for jobs; undefined while it is. */
  get unfit(): string | undefined {
    return this.#unfit;
  }

  /** Tells one listener whenever that changes. */
  onChange(listener: (unfit: string | undefined) => void): void {
    this.#onChange = listener;
  }

  /** Makes all checks now; where they are under way, once more after that. @returns once they are made */
  look(): Promise<void> {
    this.#again = true;
    this.#callOff();
    this.#looking ??= this.#lookWhileAsked();
    return this.#looking;
  }

  /** Ends what is under way, and looks no more. */
  async close(): Promise<void> {
    this.#over.abort();
    this.#callOff();
    await this.#looking;
  }

  async #lookWhileAsked(): Promise<void> {
    while (this.#again && !this.#over.signal.aborted) {
      this.#again = false;
      const found = await this.#faults();
      if (this.#over.signal.aborted) return;
      this.#conclude(found);
    }
    // At once, not when somebody hears of the end: a look that is asked for between would be lost.
    this.#looking = null;
  }

  async #faults(): Promise<{ name: string; fault: string }[]> {
    const found: { name: string; fault: string }[] = [];
    const { checks } = this.#options;
    for (const { name, costly = false, check } of checks.toSorted(costlyLast)) {
      if (costly && found.length > 0) break;
      const fault = await check(this.#over.signal).catch(
        (error: unknown) => `${name}: ${error instanceof Error ? error.message : String(error)}`,
      );
      if (fault !== null) found.push({ name, fault });
    }
    return found;
  }

  #conclude(found: readonly { name: string; fault: string }[]): void {
    const { logger, pauses, after } = this.#options;
    const reason = found.map(({ fault }) => fault).join('; ');
    const names = found.map(({ name }) => name).join(', ');
    if (names !== '' && names !== this.#told) logger.warn({ reason }, 'this worker takes no jobs for now');
    if (names === '' && this.#told !== '') logger.info('this worker takes jobs again');
    this.#told = names;
    const unfit = reason === '' ? undefined : cut(reason);
    const changed = unfit !== this.#unfit;
    this.#unfit = unfit;
    if (changed) this.#onChange(unfit);
    if (unfit === undefined) {
      this.#failures = 0;
      return;
    }
    const pause = Math.min(pauses.firstMs * 2 ** this.#failures, pauses.mostMs);
    this.#failures += 1;
    this.#callOff = after(pause, () => void this.look());
  }
}

function costlyLast(a: HealthCheck, b: HealthCheck): number {
  return Number(a.costly ?? false) - Number(b.costly ?? false);
}

/** As an entry in the bucket takes it. */
function cut(reason: string): string {
  return reason.length > mostUnfit ? `${reason.slice(0, mostUnfit - 3)}...` : reason;
}

function afterTimeout(milliseconds: number, then: () => void): () => void {
  const timer = setTimeout(then, milliseconds);
  return () => clearTimeout(timer);
}
