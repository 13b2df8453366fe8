import { type RecordedProcess, readRecord, writeRecord } from './cluster-record.ts';
import type { Home } from './home.ts';
import { isRunning } from './process-identity.ts';
import { awaitReady, type ProgramSpec, startProcess, stopProcesses } from './start-process.ts';

/** Tells what happens, for people. */
export type Report = (event: {
  name: string;
  what: 'kept' | 'ready' | 'stopped' | 'killed';
  seconds: number;
  address: string | null;
}) => void;

/** The processes of one cluster: every start and stop is written to its record at once. */
export class ClusterProcesses {
  readonly #home: Home;
  readonly #report: Report;
  #running: RecordedProcess[];

  /** Reads the record; what has ended since is dropped. */
  constructor(home: Home, report: Report) {
    this.#home = home;
    this.#report = report;
    this.#running = readRecord(home.record).filter(isRunning);
  }

  /** Those that run. */
  list(): readonly RecordedProcess[] {
    return this.#running;
  }

  /** One that runs. @throws where none of that name does */
  named(name: string): RecordedProcess {
    const found = this.#running.find((running) => running.name === name);
    if (found === undefined) throw new Error(`expected ${name} to run`);
    return found;
  }

  /** Starts those that do not run, and waits until all are ready. */
  async ensure(specs: ProgramSpec[]): Promise<void> {
    const outcomes = await Promise.allSettled(specs.map((spec) => this.#ensureOne(spec)));
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) {
      throw new AggregateError(failures, failures.map((failure: Error) => failure.message).join('\n'));
    }
  }

  async #ensureOne(spec: ProgramSpec): Promise<void> {
    const began = performance.now();
    const old = this.#running.find((running) => running.name === spec.name);
    // One that was kept has asked for work at some time before now.
    const startedAt = old === undefined ? new Date() : new Date(0);
    const running = old ?? (await startProcess(spec));
    if (old === undefined) this.#keep([...this.#running, running]);
    await awaitReady(spec, running, startedAt);
    this.#report({
      name: spec.name,
      what: old === undefined ? 'ready' : 'kept',
      seconds: (performance.now() - began) / 1000,
      address: spec.address,
    });
  }

  /** Stops those that `which` names, all at once. */
  async stop(which: (name: string) => boolean, limitMs: number): Promise<void> {
    const began = performance.now();
    const chosen = this.#running.filter(({ name }) => which(name));
    const killed = await stopProcesses(chosen, limitMs);
    this.#keep(this.#running.filter((running) => !chosen.includes(running)));
    for (const { name, address } of chosen) {
      const what = killed.includes(name) ? 'killed' : 'stopped';
      this.#report({ name, what, seconds: (performance.now() - began) / 1000, address });
    }
  }

  #keep(running: RecordedProcess[]): void {
    this.#running = running;
    writeRecord(this.#home.record, running);
  }
}
