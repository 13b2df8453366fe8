/**
 * Which way of training ASR-Net gives last weights that are as good as its good epochs: AUC on test images over the second half of
 * short trainings, by way of training. For looking only: nothing is chosen by it but the recipe, once, for all datasets.
 *
 *     node bench/refiner-recipes.ts members FOLDER DATASET BACKBONE [SECONDS]
 *     node bench/refiner-recipes.ts refine FOLDER BACKBONE INPUT COURSE [SECONDS]    a line of JSON a point and way
 *
 * FOLDER keeps a part of the dataset and short-trained members (`refiner-recipes/small-set.ts`), COURSE is one of those below. After
 * SECONDS either stops, with status 75, and goes on where it was when it is started again.
 */
import { existsSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { TensorData } from '@ddad/compute';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { type RefinerInput, refinerInputs } from '../packages/methods/ddad/kinds.ts';
import type { AveragedWeights, RefinerRecipe } from '../packages/methods/ddad/refiner/refiner-recipe.ts';
import { type Backbone, backbones } from '../packages/methods/ddad/settings.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { asrNet } = await import('@ddad/models');
const { ensembleExamples } = await import('../packages/methods/ddad/refiner/refiner-examples.ts');
const { refinerStep } = await import('../packages/methods/ddad/refiner/refiner-step.ts');
const { forUnlevelledMaps, levelled, mapLevels } = await import(
  '../packages/methods/ddad/refiner/map-levels.ts'
);
const { withFreshStatistics } = await import('../packages/methods/ddad/refiner/fresh-statistics.ts');
const { averagingRate } = await import('../packages/methods/ddad/refiner/weight-average.ts');
const { evaluate } = await import('./refiner-recipes/evaluate.ts');
const { loadMembers, networkInput, packSmallSet, testMaps, trainMembers } = await import(
  './refiner-recipes/small-set.ts'
);

const side = 64;
const area = side ** 2;
const batchSize = 8;
/** Channels of the network; a sixteenth of the work of the paper's 128. */
const width = Number(process.env.WIDTH ?? 32);
const epochs = Number(process.env.EPOCHS ?? 40);
const learningRate = Number(process.env.RATE ?? 1e-4);
/** Evaluations over the second half, the last step's among them. */
const points = 6;
/** Batches that BatchNorm's statistics of averaged weights are made of. */
const statisticsBatches = 10;
const unfinished = 75;

/** What a training does, step by step. Averages change no step: all are taken of each course. */
const courses: Readonly<Record<string, Omit<RefinerRecipe, 'average'>>> = {
  constant: { wholeRate: 1, levelledMaps: false },
  fallingHalf: { wholeRate: 0.5, levelledMaps: false },
  fallingAll: { wholeRate: 0, levelledMaps: false },
  levelled: { wholeRate: 1, levelledMaps: true },
  levelledFalling: { wholeRate: 0, levelledMaps: true },
};
const averages: Readonly<Record<string, AveragedWeights>> = {
  'from 0.5, horizon 0.1': { from: 0.5, horizon: 0.1 },
  'from 0.25, horizon 0.25': { from: 0.25, horizon: 0.25 },
};

type Weights = Map<string, TensorData>;

/** Where a course was stopped. */
interface Halt {
  state: { steps: number; tensors: Weights };
  means: Map<string, Map<string, Float64Array>>;
}

async function refine(
  folder: string,
  backbone: Backbone,
  input: RefinerInput,
  name: string,
  untilMs: number,
): Promise<void> {
  const course = courses[name];
  if (course === undefined)
    throw new Error(`COURSE: expected one of ${Object.keys(courses).join(', ')}, got ${name}`);
  const recipe: RefinerRecipe = { ...course, average: null };
  const set = await packSmallSet('', folder);
  const ensemble = await loadMembers(folder, backbone, input === 'dual' ? ['ndm', 'udm'] : ['ndm']);
  const seed = Number(process.env.SEED ?? 7);
  const images = { pixels: await networkInput(folder, set.normal), side, seed };
  const scratch = await mkdtemp(join(tmpdir(), 'refiner-recipes-'));
  const channels = input === 'dual' ? 2 : 1;
  const network = asrNet({ inputs: channels, width });
  const examples = ensembleExamples(ensemble, images, scratch);
  const levels = (await mapLevels(examples.untouched(), channels, async () => true))!;
  const spec = {
    batchSize,
    imageSize: side,
    learningRate,
    weightDecay: 1e-4,
    seed,
    epochs,
    precision: undefined,
  };
  const training = refinerStep(
    { network, channels, spec, recipe, images: set.normal.length, stepsACall: 1, mode: 'graph' },
    recipe.levelledMaps ? levelled(examples, levels) : examples,
  );
  const { step } = training;
  const stepsPerEpoch = Math.floor(set.normal.length / batchSize);
  const steps = epochs * stepsPerEpoch;
  const evaluateAt = new Set(
    Array.from({ length: points }, (_, i) => Math.round(steps * (0.5 + (0.5 * (i + 1)) / points))),
  );
  const maps = await testMaps(folder, set, backbone);
  const test = new Float32Array(set.test.length * area * channels);
  for (let i = 0; i < set.test.length * area; i++) {
    test[i * channels] = maps.aIntra[i]!;
    if (channels === 2) test[i * channels + 1] = maps.aInter[i]!;
  }
  const trained = network.parameters.flatMap(({ name, kind }) => (kind === 'trainable' ? [name] : []));
  const means = new Map(Object.keys(averages).map((way) => [way, new Map<string, Float64Array>()]));

  const label = [
    backbone,
    input,
    name,
    `seed ${seed}`,
    `${epochs} epochs`,
    `width ${width}`,
    `rate ${learningRate}`,
  ].join(' ');
  const halted = join(folder, `halted ${label}.v8`);
  const results = join(folder, 'results.jsonl');
  if (existsSync(halted)) {
    const { state, means: kept } = deserialize(await readFile(halted)) as Halt;
    step.writeState(state);
    for (const [way, values] of kept) means.set(way, values);
  }

  const take = (done: number) => {
    const weights = step.read();
    for (const [way, average] of Object.entries(averages)) {
      const rate = averagingRate(average, steps, done);
      const own = means.get(way)!;
      for (const tensor of trained) {
        const { data } = weights.get(tensor)!;
        const mean = own.get(tensor) ?? Float64Array.from(data);
        for (let i = 0; i < data.length; i++) mean[i]! += rate * (data[i]! - mean[i]!);
        own.set(tensor, mean);
      }
    }
  };
  function* statistics(epoch: number) {
    const order = training.order(epochs + epoch);
    for (let i = 0; i < statisticsBatches; i++)
      yield training.inputs(epochs + epoch, order, i * batchSize, 0).maps!;
  }
  const tell = async (way: string, weights: ReadonlyMap<string, TensorData>, loss: number) => {
    const own = recipe.levelledMaps ? forUnlevelledMaps(weights, levels) : weights;
    const aucs = evaluate(network, own, test, set.labels);
    const line = JSON.stringify({
      set: folder,
      backbone,
      input,
      course: name,
      seed,
      epochs,
      width,
      learningRate,
      way,
      epoch: step.steps / stepsPerEpoch,
      loss,
      ...aucs,
    });
    console.log(line);
    await appendFile(results, `${line}\n`);
  };

  let sum = 0;
  let since = 0;
  const started = [performance.now(), step.steps] as const;
  while (step.steps < steps) {
    if (performance.now() > untilMs) {
      const state: Halt = { state: step.readState(), means };
      await writeFile(halted, serialize(state));
      console.error(
        `${label}: ${step.steps} of ${steps} steps, ${((performance.now() - started[0]) / (step.steps - started[1])).toFixed(0)} ms each`,
      );
      process.exit(unfinished);
    }
    const { steps: done } = step;
    const epoch = Math.floor(done / stepsPerEpoch);
    if (done >= steps / 4) take(done);
    sum += step.run(
      training.inputs(epoch, training.order(epoch), (done - epoch * stepsPerEpoch) * batchSize, 0),
    );
    since++;
    if (!evaluateAt.has(step.steps)) continue;
    const now = step.read();
    await tell('last weights', now, sum / since);
    for (const way of Object.keys(averages)) {
      const averaged = new Map(now);
      for (const [tensor, mean] of means.get(way)!)
        averaged.set(tensor, { shape: now.get(tensor)!.shape, data: Float32Array.from(mean) });
      const fresh = await withFreshStatistics(
        network,
        averaged,
        statistics(epoch),
        [batchSize, side, side, channels],
        async () => true,
      );
      await tell(way, fresh!, sum / since);
    }
    [sum, since] = [0, 0];
  }
  await rm(halted, { force: true });
  await rm(scratch, { recursive: true });
}

const [command, folder = '', ...rest] = process.argv.slice(2);
const until = (seconds = '1e9') => performance.now() + 1000 * Number(seconds);
const backboneOf = (given: string | undefined) =>
  backbones.find((one) => one === given) ?? fail(`BACKBONE: expected one of ${backbones.join(', ')}`);
const inputOf = (given: string | undefined) =>
  refinerInputs.find((one) => one === given) ?? fail(`INPUT: expected one of ${refinerInputs.join(', ')}`);
function fail(message: string): never {
  throw new Error(message);
}
if (command === 'members') {
  const [dataset = '', backbone, seconds] = rest;
  const set = await packSmallSet(dataset, folder);
  process.exitCode = (await trainMembers(folder, set, backboneOf(backbone), until(seconds))) ? 0 : unfinished;
} else if (command === 'refine') {
  const [backbone, input, course = '', seconds] = rest;
  await refine(folder, backboneOf(backbone), inputOf(input), course, until(seconds));
} else fail('expected: members FOLDER DATASET BACKBONE, or refine FOLDER BACKBONE INPUT COURSE');
