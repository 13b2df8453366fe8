import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PhasedStep, phasedStep } from '@ddad/compute';
import { type SmallPhase, smallFrozen, smallGan, smallInputs, smallStart } from '@ddad/compute/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCheckpointFile, writeCheckpointFile } from './checkpoint-file.ts';
import { type ChildContext, ChildFault } from './child.ts';
import type { EpochFigures } from './epoch-figures.ts';
import type { ChildProgress } from './messages.ts';
import { cycle, inSequence } from './phase-turns.ts';
import { type PhasedTraining, runPhases, type StepPlace } from './phased-training.ts';

let directory: string;
/** One a number of steps a call: TensorFlow takes longest to load a graph. */
const steps = new Map<number, PhasedStep<SmallPhase>>();
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-phases-'));
});
afterAll(async () => {
  for (const step of steps.values()) step.dispose();
  await rm(directory, { recursive: true });
});

type Answer = Awaited<ReturnType<ChildContext['afterStep']>>;

/** Two cycles of three steps of the critic and one of the generator, then four steps of the encoder; epochs of four steps. */
const turns = inSequence(
  [8, cycle<SmallPhase>(['critic', 3], ['generator', 1])],
  [4, cycle<SmallPhase>(['encoder', 1])],
);

/**
 * Trains the small GAN of three phases to the end, or until it is told to stop.
 * @param answers what the parent wants after the 1st, 2nd ... call
 */
async function train({
  answers = [],
  stepsACall = 1,
  ...change
}: Partial<PhasedTraining<SmallPhase>> & { answers?: Answer[]; stepsACall?: number } = {}) {
  const step = steps.get(stepsACall) ?? phasedStep(smallGan({ stepsACall }));
  steps.set(stepsACall, step);
  step.writeFrozen(smallFrozen());
  // A resumed one has to get over what is left of the training before.
  if (change.checkpoint === undefined) step.write(smallStart());
  const places: StepPlace<SmallPhase>[] = [];
  const checkpoints: string[] = [];
  const progress: ChildProgress[] = [];
  let readies = 0;
  const outcome = await runPhases({
    step,
    turns,
    epochs: 3,
    stepsPerEpoch: 4,
    batchSize: 4,
    inputs(place) {
      places.push(place);
      return smallInputs(place.phase, place.number);
    },
    directory,
    checkpoint: null,
    context: {
      ready: () => {
        readies += 1;
      },
      progress: (figures) => progress.push(figures),
      afterStep: async () => answers.shift() ?? 'go on',
      checkpoint: (_done, path) => checkpoints.push(path),
    },
    ...change,
  });
  const { stepsOf, tensors } = step.readState();
  // As bytes, which also tells 0 from −0.
  const bytes = [...tensors].map(([name, { data }]) => [name, Buffer.from(data.buffer).toString('hex')]);
  return { outcome, stepsOf, bytes, places, checkpoints, progress, readies };
}

test('each step is told its phase, its number in it, its epoch and place', async () => {
  const { places, stepsOf } = await train();
  expect(places.map(({ phase, number, epoch, stepOfEpoch }) => [phase, number, epoch, stepOfEpoch])).toEqual([
    ...[0, 1].flatMap((epoch) => [
      ['critic', 3 * epoch, epoch, 0],
      ['critic', 3 * epoch + 1, epoch, 1],
      ['critic', 3 * epoch + 2, epoch, 2],
      ['generator', epoch, epoch, 3],
    ]),
    ...[0, 1, 2, 3].map((number) => ['encoder', number, 2, number]),
  ]);
  expect(stepsOf).toEqual({ critic: 6, generator: 2, encoder: 4 });
});

test('tells of each epoch the means of all losses and watched scalars, and the leading loss', async () => {
  const { outcome, progress } = await train();
  expect(outcome?.figures.map((figures) => Object.keys(figures))).toEqual([
    ['critic', 'critic.distance', 'critic.penalty', 'generator'],
    ['critic', 'critic.distance', 'critic.penalty', 'generator'],
    ['encoder'],
  ]);
  const [first, second, third] = outcome!.figures;
  expect(outcome?.history).toEqual([first!.critic, second!.critic, third!.encoder]);
  expect(outcome?.loss).toBe(third!.encoder);
  expect(first!.critic).toBeCloseTo(10 * first!['critic.penalty']! - first!['critic.distance']!, 5);
  expect(progress.map(({ done, total, loss }) => [done, total, loss])).toEqual(
    outcome?.history.map((loss, epoch) => [epoch + 1, 3, loss]),
  );
  const led = await train({ leads: 'generator' });
  expect(led.outcome?.history).toEqual([first!.generator, second!.generator, third!.encoder]);
});

test('stopped after any step and resumed, is the undisturbed training: all bytes of all phases, all figures', async () => {
  const calm = await train();
  for (let stop = 1; stop <= 12; stop++) {
    const answers = [...Array.from({ length: stop - 1 }, (): Answer => 'go on'), 'stop' as const];
    const first = await train({ answers });
    expect(first.outcome).toBeNull();
    const [checkpoint] = first.checkpoints;
    const second = await train({ checkpoint: checkpoint! });
    expect(second.bytes, `stopped after ${stop}`).toEqual(calm.bytes);
    expect(second.stepsOf).toEqual(calm.stepsOf);
    expect(second.outcome?.figures).toEqual(calm.outcome?.figures);
    expect(second.outcome?.history).toEqual(calm.outcome?.history);
    const place = ({ phase, number, epoch }: StepPlace<SmallPhase>) => [phase, number, epoch];
    expect([...first.places, ...second.places].map(place)).toEqual(calm.places.map(place));
  }
});

test('several steps a call are the same training, of one phase each, and tell when TensorFlow compiles', async () => {
  const [calm, grouped] = [await train(), await train({ stepsACall: 3 })];
  expect(grouped.bytes).toEqual(calm.bytes);
  expect(grouped.outcome?.figures).toEqual(calm.outcome?.figures);
  // Calls of 3 critic's steps, 1 of the generator; then 3 and 1 of the encoder.
  expect(grouped.places.map(({ place }) => place)).toEqual([0, 1, 2, 0, 0, 1, 2, 0, 0, 1, 2, 0]);
  // Before the first, and before each that is new: 1 generator, 3 encoder, 1 encoder.
  expect(grouped.readies).toBe(4);
  expect(calm.readies).toBe(3);
});

test('before an epoch what is set by hand is set once, with the figures so far, and so after a resume', async () => {
  const hook = (calls: [number, EpochFigures[]][]) => (epoch: number, figures: readonly EpochFigures[]) => {
    calls.push([epoch, structuredClone([...figures])]);
    return 'go on' as const;
  };
  const calls: [number, EpochFigures[]][] = [];
  const calm = await train({ beforeEpoch: hook(calls) });
  expect(calls.map(([epoch, figures]) => [epoch, figures.length])).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
  expect(calls[2]![1]).toEqual(calm.outcome?.figures.slice(0, 2));
  // Stopped at an epoch's end: it is the next attempt's. In the middle of one: it was done.
  for (const [stop, expected] of [
    [4, [1, 2]],
    [5, [2]],
  ] as const) {
    const answers = [...Array.from({ length: stop - 1 }, (): Answer => 'go on'), 'stop' as const];
    const first = await train({ answers });
    const later: [number, EpochFigures[]][] = [];
    await train({ checkpoint: first.checkpoints[0]!, beforeEpoch: hook(later) });
    expect(later.map(([epoch]) => epoch)).toEqual(expected);
  }
});

test('writes two checkpoints of one step to two files, as the first may be on its way to the store still', async () => {
  const beforeEpoch = async (epoch: number) => (epoch === 1 ? ('stop' as const) : ('go on' as const));
  const { checkpoints } = await train({ answers: ['go on', 'go on', 'go on', 'checkpoint'], beforeEpoch });
  expect(checkpoints).toHaveLength(2);
  expect(new Set(checkpoints).size).toBe(2);
  for (const path of checkpoints) expect((await readCheckpointFile(path)).steps).toBe(4);
});

test('stopped before an epoch, keeps all that was trained, and is the undisturbed training once resumed', async () => {
  const calm = await train();
  // At the very first there is nothing to keep but the first weights.
  for (const [at, done] of [
    [0, 0],
    [2, 8],
  ] as const) {
    const beforeEpoch = async (epoch: number) => (epoch === at ? 'stop' : 'go on');
    const first = await train({ beforeEpoch });
    expect(first.outcome).toBeNull();
    expect(first.places).toHaveLength(done);
    expect(first.checkpoints).toEqual([expect.stringMatching(`checkpoint-${done}\\.safetensors$`)]);
    const second = await train({ checkpoint: first.checkpoints[0]! });
    expect(second.bytes).toEqual(calm.bytes);
    expect(second.outcome?.figures).toEqual(calm.outcome?.figures);
  }
});

test('a shorter last epoch has the means of its own steps, stopped and resumed in it or not', async () => {
  // Two epochs of five steps, and two steps of the encoder.
  const uneven = { epochs: 3, stepsPerEpoch: 5, lastEpoch: 2 };
  const calm = await train(uneven);
  expect(calm.places.map(({ epoch, stepOfEpoch }) => [epoch, stepOfEpoch]).slice(8)).toEqual([
    [1, 3],
    [1, 4],
    [2, 0],
    [2, 1],
  ]);
  expect(calm.stepsOf).toEqual({ critic: 6, generator: 2, encoder: 4 });
  expect(calm.progress.map(({ done, total }) => [done, total])).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
  const [, , last] = calm.outcome!.figures;
  expect(Object.keys(last!)).toEqual(['encoder']);
  expect(calm.outcome?.loss).toBe(last!.encoder);
  // Calls of several steps end with it.
  const grouped = await train({ ...uneven, stepsACall: 3 });
  expect(grouped.places.map(({ place }) => place)).toEqual([0, 1, 2, 0, 0, 0, 1, 0, 0, 1, 0, 1]);
  expect(grouped.outcome?.figures).toEqual(calm.outcome?.figures);
  for (const stop of [11, 12]) {
    const answers = [...Array.from({ length: stop - 1 }, (): Answer => 'go on'), 'stop' as const];
    const first = await train({ ...uneven, answers });
    const second = await train({ ...uneven, checkpoint: first.checkpoints[0]! });
    expect(second.bytes, `stopped after ${stop}`).toEqual(calm.bytes);
    expect(second.outcome?.figures).toEqual(calm.outcome?.figures);
  }
});

test('a loss that is not finite names its phase and step', async () => {
  const poisoned = (from: number, phase: SmallPhase) => ({
    inputs: (place: StepPlace<SmallPhase>) => {
      const inputs = smallInputs(place.phase, place.number);
      if (place.phase === phase && place.number >= from)
        for (const values of Object.values(inputs)) values.fill(Number.NaN);
      return inputs;
    },
  });
  const fault = await train(poisoned(1, 'generator')).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(ChildFault);
  expect(fault).toMatchObject({
    kind: 'diverged',
    message: 'the loss of phase generator became NaN in step 8 (epoch 2 of 3)',
  });
});

test('a gradient penalty that is not finite is a divergence that names it', async () => {
  const inputs = (place: StepPlace<SmallPhase>) => {
    const given = smallInputs(place.phase, place.number);
    // The penalty alone sees where between the images it is taken.
    if (place.phase === 'critic' && place.number === 4) given.mix?.fill(Number.NaN);
    return given;
  };
  await expect(train({ inputs })).rejects.toMatchObject({
    kind: 'diverged',
    message: expect.stringMatching(
      /penalty of phase critic became (NaN|Infinity) in step 6 \(epoch 2 of 3\)$/,
    ),
  });
});

test('a network that has collapsed ends the training with the epoch that shows it, resumed or not', async () => {
  const collapses = [
    { who: 'critic', figure: 'critic.penalty', meaning: 'its penalty', above: -1, times: 2, of: 2 },
  ];
  const fault = { kind: 'diverged', message: expect.stringMatching(/^the critic collapsed: .*\(epoch 2\)$/) };
  await expect(train({ collapses })).rejects.toMatchObject(fault);
  const stopped = await train({ collapses, answers: ['go on', 'go on', 'go on', 'go on', 'stop'] });
  await expect(train({ collapses, checkpoint: stopped.checkpoints[0]! })).rejects.toMatchObject(fault);
});

test('weights that only the last step made infinite are not published: the fault names them', async () => {
  const { phases } = smallGan();
  const settings = phases.encoder.optimiser;
  if (settings.kind !== 'rmsprop') throw new Error('expected RMSProp');
  const { encoder } = phases;
  const learningRate = (done: number) => (done === 3 ? 3e38 : 1e-3);
  const step = phasedStep(
    smallGan({ phases: { ...phases, encoder: { ...encoder, optimiser: { ...settings, learningRate } } } }),
  );
  try {
    step.write(smallStart());
    step.writeFrozen(smallFrozen());
    await expect(train({ step })).rejects.toMatchObject({
      kind: 'diverged',
      message: expect.stringMatching(
        /^after the last step, 12, not all values are finite: e\.0 \(\d+ of 24 values\)$/,
      ),
    });
  } finally {
    step.dispose();
  }
});

test('a checkpoint whose figures of phases are damaged is refused', async () => {
  const { checkpoints } = await train({ answers: ['stop'] });
  const [path] = checkpoints;
  const state = await readCheckpointFile(path!);
  expect(state.phases?.stepsOf).toEqual({ critic: 1, generator: 0, encoder: 0 });
  await writeCheckpointFile(path!, {
    ...state,
    phases: { ...state.phases!, sums: { critic: [Number.NaN, 1] } },
  });
  await expect(readCheckpointFile(path!)).rejects.toThrow('expected steps, lossSum, history and seconds');
});
