import { appendFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { encodeSafetensors } from '@ddad/storage/safetensors';
import { ChildFault, runChild } from './child.ts';
import { fakeStep } from './fake-step.testing.ts';
import { runTraining } from './training-loop.ts';

/** What the processes of job-host.test.ts and child.test.ts do: a training without TensorFlow. */
export interface TestTask {
  /** Gets a line `pid PID` at the start and a line `EPOCH/IMAGE,IMAGE,...` for every step. */
  trace: string;
  directory: string;
  checkpoint: string | null;
  epochs: number;
  /** Time that a step takes, in ms. */
  stepMs: number;
  /** Step before which it dies by SIGKILL; null for never. */
  dieBefore: number | null;
  /** Goes on when told to stop. */
  deaf: boolean;
  diverge: boolean;
  /** Makes weights that are not finite. */
  broken?: boolean;
  /** From so many steps on its state holds a NaN. */
  spoilFrom?: number;
}

/** Images that it trains on, and in a batch: two steps an epoch. */
const images = 9;
const batchSize = 4;

/** So that a parent can be killed while its child still loads. */
const loadMs = Number(process.env.TEST_LOAD_MS ?? 0);
if (loadMs > 0) await delay(loadMs);

runChild<TestTask>(async (task, context) => {
  const { trace, directory, checkpoint, epochs } = task;
  const tell = (line: string) => appendFileSync(trace, `${line}\n`);
  tell(`pid ${process.pid}`);
  if (task.diverge) throw new ChildFault('diverged', 'the loss became NaN in step 1 (epoch 1 of 1)');
  const step = fakeStep();
  const { readState } = step;
  step.readState = () => {
    const state = readState();
    if (state.steps < (task.spoilFrom ?? Number.POSITIVE_INFINITY)) return state;
    return { ...state, tensors: new Map([['weight', { shape: [1], data: Float32Array.of(Number.NaN) }]]) };
  };
  const outcome = await runTraining({
    step,
    epochs,
    images,
    batchSize,
    order: (epoch) => Uint32Array.from({ length: images }, (_, i) => (i * 5 + epoch) % images),
    inputs(epoch, order, start) {
      if (step.steps + 1 === task.dieBefore) process.kill(process.pid, 'SIGKILL');
      const batch = order.subarray(start, start + batchSize);
      tell(`${epoch}/${batch.join()}`);
      return { images: Float32Array.from(batch) };
    },
    directory,
    checkpoint,
    context: {
      ...context,
      async afterStep() {
        await delay(task.stepMs);
        const next = await context.afterStep();
        return task.deaf && next === 'stop' ? 'go on' : next;
      },
    },
  });
  if (outcome === null) return null;
  const weights = join(directory, 'weights.safetensors');
  const { tensors } = step.readState();
  if (task.broken === true) tensors.set('weight', { shape: [2], data: Float32Array.of(1, Number.NaN) });
  await writeFile(weights, encodeSafetensors(tensors));
  return { ...outcome, files: { weights }, environment: { made: 'in a test' } };
});
