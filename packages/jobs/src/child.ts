import { setImmediate } from 'node:timers/promises';
import { attachToParent } from '@ddad/platform/forked-child';
import type { ChildSpans } from '@ddad/tracing/child';
import { assertFinite } from './assert-finite.ts';
import { ChildFault } from './child-fault.ts';
import type { ChildProgress, ChildResult, FromChild, ToChild } from './messages.ts';

export { ChildFault } from './child-fault.ts';

/** What a job's work is given to talk to its parent. */
export interface ChildContext {
  /** Called before the first step, and before any other that TensorFlow has to compile something for. */
  ready(): void;
  progress(progress: ChildProgress): void;
  /**
   * Called after every step, or after the several of one call: tells the parent, and lets messages in.
   * @returns `checkpoint` when one is due, `stop` when the work has to end after one
   */
  afterStep(): Promise<'go on' | 'checkpoint' | 'stop'>;
  /** Hands over a written checkpoint; `done` counts steps. */
  checkpoint(done: number, path: string): void;
}

/**
 * To be called after every step of work that keeps no checkpoints, as maps: lets messages in.
 * @returns false when the work has to end; that a checkpoint would be due is no reason
 */
export async function goesOn({ afterStep }: Pick<ChildContext, 'afterStep'>): Promise<boolean> {
  return (await afterStep()) !== 'stop';
}

/** Work of one job; null when it was told to stop. */
export type Work<Task> = (task: Task, context: ChildContext) => Promise<ChildResult | null>;

/**
 * Main function of a job's process: waits for its task, works, reports, exits. It exits within one step, or call of several, of its
 * parent's death.
 */
export function runChild<Task>(work: Work<Task>): void {
  let stopping = false;
  const send = attachToParent<ToChild<Task>, FromChild>((order) => {
    if (order.type === 'stop') {
      stopping = true;
      return;
    }
    let checkpointAt = performance.now() + order.checkpointMs;
    let lastSign = Number.NEGATIVE_INFINITY;
    let spans: ChildSpans | null = null;
    const context: ChildContext = {
      ready() {
        spans?.phase('work');
        void send({ type: 'ready' });
      },
      progress: (progress) => void send({ type: 'progress', ...progress }),
      async afterStep() {
        // Ten signs of life a second are enough; a message takes as long as a small step.
        if (performance.now() - lastSign >= 100) {
          lastSign = performance.now();
          void send({ type: 'step' });
        }
        await setImmediate();
        if (stopping) return 'stop';
        if (performance.now() < checkpointAt) return 'go on';
        checkpointAt = performance.now() + order.checkpointMs;
        return 'checkpoint';
      },
      checkpoint: (done, path) => void send({ type: 'checkpoint', done, path }),
    };
    const made = async () => {
      spans = await spansOf(order.trace);
      spans?.phase('load');
      const result = await work(order.task, context);
      if (result !== null) {
        spans?.phase('check');
        await assertFiniteFiles(result);
      }
      return result;
    };
    const tell = async (failure?: string) => {
      if (spans !== null) await send({ type: 'spans', spans: spans.end(failure) });
    };
    made()
      .then(async (result) => {
        await tell(result === null ? 'stopped' : undefined);
        return send(result === null ? { type: 'stopped' } : { type: 'finished', ...result });
      })
      .catch(async (error: unknown) => {
        const kind = error instanceof ChildFault ? error.kind : 'failed';
        const text =
          error instanceof Error ? (kind === 'failed' ? error.stack : error.message) : String(error);
        await tell(error instanceof Error ? error.message : text);
        return send({ type: 'failed', kind, message: text ?? 'unknown' });
      })
      .finally(() => process.exit(0));
  });
}

/** @returns null where the process is not traced: nothing of it is loaded then */
async function spansOf(trace: { parent: string; name: string } | undefined): Promise<ChildSpans | null> {
  if (trace === undefined) return null;
  const { childSpans } = await import('@ddad/tracing/child');
  return childSpans(trace.parent, trace.name, { 'process.pid': process.pid });
}

/** A loss is checked before its step only; and what is published is used for ever. */
async function assertFiniteFiles({ files }: ChildResult): Promise<void> {
  for (const path of Object.values(files)) if (path.endsWith('.safetensors')) await assertFinite(path);
}
