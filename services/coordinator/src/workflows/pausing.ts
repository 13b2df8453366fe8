import { CancellationScope, CancelledFailure, condition } from '@temporalio/workflow';
import { isStopped } from './failures.ts';

/**
 * Lets work that trainers and scorer do for a run be stopped after checkpoints and go on later: pausing cancels its
 * activities, which are over once whoever worked for them is idle; resuming starts them again.
 */
export class Pausing {
  #wanted = false;
  readonly #running = new Set<CancellationScope>();
  readonly #onChange: () => void;

  /** @param onChange called when `paused` may have changed */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** True once a pause is asked for. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** True while nothing works for the run and nothing is going to. */
  get paused(): boolean {
    return this.#wanted && this.#running.size === 0;
  }

  pause(): void {
    this.#wanted = true;
    for (const scope of this.#running) scope.cancel();
    this.#onChange();
  }

  resume(): void {
    this.#wanted = false;
    this.#onChange();
  }

  /**
   * Does work that may be paused; work that was stopped by a pause is done anew from its beginning.
   * @param onStopped called when a pause, or the end of what surrounds it, has stopped it, with what the work ended with
   * @throws what the work throws, and CancelledFailure when the surrounding scope is cancelled
   */
  async run<T>(work: () => Promise<T>, onStopped: (error: unknown) => void = () => {}): Promise<T> {
    for (;;) {
      if (this.#wanted) await condition(() => !this.#wanted);
      const scope = new CancellationScope();
      this.#running.add(scope);
      try {
        return await scope.run(work);
      } catch (error) {
        if (!isStopped(error)) throw error;
        // By the run's own cancellation, or the end of the work that this belongs to.
        const ended = CancellationScope.current().consideredCancelled;
        if (!ended && !scope.consideredCancelled) throw error;
        onStopped(error);
        if (ended) throw new CancelledFailure('cancelled');
      } finally {
        this.#running.delete(scope);
        this.#onChange();
      }
    }
  }
}
