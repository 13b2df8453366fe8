import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCheckpointFile, writeCheckpointFile } from './checkpoint-file.ts';
import { type ChildContext, ChildFault } from './child.ts';
import { fakeStep } from './fake-step.testing.ts';
import type { ChildProgress } from './messages.ts';
import { type ResumableStep, runTraining, type TrainingLoop } from './training-loop.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-loop-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

type Answer = Awaited<ReturnType<ChildContext['afterStep']>>;

/**
 * 3 epochs over 11 images in batches of 4: 2 steps an epoch, 3 images of each order left out.
 * @param answers what the parent wants after the 1st, 2nd ... call of this process
 */
function training(answers: Answer[] = [], change: Partial<TrainingLoop> = {}, stepsACall = 1) {
  const visited: [number, number[]][] = [];
  const checkpoints: [number, string][] = [];
  const progress: ChildProgress[] = [];
  const step = fakeStep(stepsACall);
  const loop: TrainingLoop = {
    step,
    epochs: 3,
    images: 11,
    batchSize: 4,
    order: (epoch) => Uint32Array.from({ length: 11 }, (_, i) => (i * 7 + epoch) % 11),
    inputs(epoch, order, start) {
      const batch = [...order.subarray(start, start + 4)];
      visited.push([epoch, batch]);
      return { images: Float32Array.from(batch) };
    },
    directory,
    checkpoint: null,
    context: {
      ready: () => {},
      progress: (figures) => progress.push(figures),
      afterStep: async () => answers.shift() ?? 'go on',
      checkpoint: (done, path) => checkpoints.push([done, path]),
    },
    ...change,
  };
  return { loop, visited, checkpoints, progress, step };
}

test('visits every epoch in its order, drops the incomplete batch, and tells the mean loss of each epoch', async () => {
  const { loop, visited, progress } = training();
  const outcome = await runTraining(loop);
  expect(visited).toEqual([
    [0, [0, 7, 3, 10]],
    [0, [6, 2, 9, 5]],
    [1, [1, 8, 4, 0]],
    [1, [7, 3, 10, 6]],
    [2, [2, 9, 5, 1]],
    [2, [8, 4, 0, 7]],
  ]);
  expect(outcome?.history).toHaveLength(3);
  expect(outcome?.loss).toBe(outcome?.history[2]);
  expect(progress.map(({ done, total, loss }) => [done, total, loss])).toEqual(
    outcome?.history.map((loss, epoch) => [epoch + 1, 3, loss]),
  );
});

test.each([1, 2, 3, 4, 5, 6])(
  'stopped after step %i and resumed, is the undisturbed training',
  async (stop) => {
    const calm = training();
    const expected = await runTraining(calm.loop);

    const first = training([...Array.from({ length: stop - 1 }, (): Answer => 'go on'), 'stop']);
    expect(await runTraining(first.loop)).toBeNull();
    expect(first.checkpoints).toHaveLength(1);
    const [done, path] = first.checkpoints[0]!;
    expect(done).toBe(stop);

    const second = training([], { checkpoint: path });
    const outcome = await runTraining(second.loop);
    expect([...first.visited, ...second.visited]).toEqual(calm.visited);
    expect(outcome?.history).toEqual(expected?.history);
    expect(outcome?.loss).toBe(expected?.loss);
    expect(second.step.readState()).toEqual(calm.step.readState());
  },
);

test('killed after a checkpoint, repeats the steps that were lost and no others', async () => {
  const calm = training();
  const expected = await runTraining(calm.loop);
  const killed = training(['go on', 'go on', 'checkpoint']);
  const end = new Error('killed');
  killed.loop.context.progress = ({ done }) => {
    if (done === 3) throw end;
  };
  await expect(runTraining(killed.loop)).rejects.toBe(end);
  const next = training([], { checkpoint: killed.checkpoints[0]![1] });
  const outcome = await runTraining(next.loop);
  expect([...killed.visited.slice(0, 3), ...next.visited]).toEqual(calm.visited);
  expect(outcome?.history).toEqual(expected?.history);
});

test('counts the time of the attempts that it goes on from', async () => {
  const { loop, checkpoints } = training(['stop']);
  await runTraining(loop);
  const path = checkpoints[0]![1];
  await writeCheckpointFile(path, { ...(await readCheckpointFile(path)), seconds: 100 });
  const outcome = await runTraining(training([], { checkpoint: path }).loop);
  expect(outcome?.seconds).toBeGreaterThan(100);
  expect(outcome?.seconds).toBeLessThan(110);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a loss of %f names step and epoch', async (bad) => {
  const { loop, checkpoints } = training();
  loop.step = divergingAt(4, bad, loop.step);
  const fault = await runTraining(loop).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(ChildFault);
  expect(fault).toMatchObject({
    kind: 'diverged',
    message: `the loss became ${bad} in step 4 (epoch 2 of 3)`,
  });
  expect(checkpoints).toEqual([]);
});

/** A step whose loss is `bad` once so many are done. */
function divergingAt(number: number, bad: number, step: ResumableStep): ResumableStep {
  return {
    ...step,
    get steps() {
      return step.steps;
    },
    runSeveral(batches) {
      const before = step.steps;
      return step.runSeveral(batches).map((loss, i) => (before + i + 1 >= number ? bad : loss));
    },
  };
}

/** 3 epochs of 5 steps over 23 images in batches of 4: with three steps a call, calls of three and of two. */
const longer = (answers: Answer[] = [], stepsACall = 1, checkpoint: string | null = null) =>
  training(
    answers,
    {
      images: 23,
      order: (epoch) => Uint32Array.from({ length: 23 }, (_, i) => (i * 7 + epoch) % 23),
      checkpoint,
    },
    stepsACall,
  );

test('several steps a call are the same training, and none goes across the end of an epoch', async () => {
  const calm = longer();
  const expected = await runTraining(calm.loop);
  const grouped = longer([], 3);
  const counts: number[] = [];
  const { runSeveral } = grouped.step;
  grouped.step.runSeveral = (batches) => {
    counts.push(batches.length);
    return runSeveral(batches);
  };
  const outcome = await runTraining(grouped.loop);
  expect(counts).toEqual([3, 2, 3, 2, 3, 2]);
  expect(grouped.visited).toEqual(calm.visited);
  expect(outcome?.history).toEqual(expected?.history);
  expect(grouped.progress.map(({ done, total, loss }) => [done, total, loss])).toEqual(
    calm.progress.map(({ done, total, loss }) => [done, total, loss]),
  );
  expect(grouped.step.readState()).toEqual(calm.step.readState());
});

test.each(Array.from({ length: 14 }, (_, i) => i + 1))(
  'stopped after step %i, is the undisturbed training when it goes on with several steps a call',
  async (stop) => {
    const calm = longer();
    const expected = await runTraining(calm.loop);
    const first = longer([...Array.from({ length: stop - 1 }, (): Answer => 'go on'), 'stop']);
    await runTraining(first.loop);
    const [done, path] = first.checkpoints[0]!;
    expect(done).toBe(stop);
    const second = longer([], 3, path);
    const outcome = await runTraining(second.loop);
    expect([...first.visited, ...second.visited]).toEqual(calm.visited);
    expect(outcome?.history).toEqual(expected?.history);
    expect(second.step.readState()).toEqual(calm.step.readState());
  },
);

test('a call of several steps ends in one checkpoint, which single steps go on from', async () => {
  const calm = longer();
  const expected = await runTraining(calm.loop);
  const first = longer(['checkpoint', 'go on', 'stop'], 3);
  expect(await runTraining(first.loop)).toBeNull();
  // Calls of 3, 2 and 3 steps.
  expect(first.checkpoints.map(([done]) => done)).toEqual([3, 8]);
  const second = longer([], 1, first.checkpoints[1]![1]);
  expect((await runTraining(second.loop))?.history).toEqual(expected?.history);
  expect(second.step.readState()).toEqual(calm.step.readState());
});

test('tells of every number of steps that is new, as TensorFlow compiles for it', async () => {
  const { loop, step } = longer([], 3);
  const readyAt: number[] = [];
  loop.context.ready = () => readyAt.push(step.steps);
  await runTraining(loop);
  expect(readyAt).toEqual([0, 3]);
});

test('the inputs of one call have places of their own', async () => {
  const places: number[] = [];
  const { loop } = longer([], 3);
  const { inputs } = loop;
  loop.inputs = (epoch, order, start, place) => {
    places.push(place);
    return inputs(epoch, order, start, place);
  };
  await runTraining(loop);
  expect(places.slice(0, 5)).toEqual([0, 1, 2, 0, 1]);
});

test('a loss that is not finite in the middle of a call names its own step', async () => {
  const { loop } = longer([], 3);
  loop.step = divergingAt(7, Number.NaN, loop.step);
  await expect(runTraining(loop)).rejects.toMatchObject({
    kind: 'diverged',
    message: 'the loss became NaN in step 7 (epoch 2 of 3)',
  });
});

test('weights that only the last step made infinite are a divergence that names them', async () => {
  const { loop, step } = training();
  const { runSeveral } = step;
  loop.step = {
    ...step,
    get steps() {
      return step.steps;
    },
    runSeveral(batches) {
      if (step.steps < 5) return runSeveral(batches);
      runSeveral([{ images: Float32Array.of(3e38, 3e38) }]);
      // Of the weights before the update, as compute's steps have it.
      return [1];
    },
  };
  await expect(runTraining(loop)).rejects.toMatchObject({
    kind: 'diverged',
    message: 'after the last step, 6, not all values are finite: weight (1 of 1 values)',
  });
});

test('a batch larger than the images is refused', async () => {
  const fault = await runTraining(training([], { batchSize: 12 }).loop).catch((error: unknown) => error);
  expect(fault).toMatchObject({
    kind: 'invalid',
    message: 'batch size: expected at most the 11 training images, got 12',
  });
});

test('refuses a checkpoint file that is cut short, another file, and one without its loop', async () => {
  const { loop, checkpoints } = training(['stop']);
  await runTraining(loop);
  const path = checkpoints[0]![1];
  const state = await readCheckpointFile(path);
  await truncate(path, 100);
  await expect(readCheckpointFile(path)).rejects.toThrow('safetensors');
  await writeCheckpointFile(path, { ...state, history: [Number.NaN] });
  await expect(readCheckpointFile(path)).rejects.toThrow('expected steps, lossSum, history and seconds');
});
