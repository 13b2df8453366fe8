/**
 * Which way of training ASR-Net gives last weights that are as good as its good epochs: AUC on test images along a training, of the
 * last weights and of several means over the steps before. For looking only: nothing is chosen by it but the recipe, once, for all
 * datasets.
 *
 *     DDAD_HOME=… node bench/refiner-recipes.ts members FOLDER RUN_ID       copies a finished run's members out of a local cluster
 *     EPOCHS=100 POINTS=10 node bench/refiner-recipes.ts refine FOLDER INPUT     a line of JSON a point and way
 *
 * INPUT is dual or intra. The steps are those of any recipe. `EVERY` is which of the test images are looked at (1: all of them). Lines go to
 * FOLDER/results.jsonl too.
 */
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TensorData } from '@ddad/compute';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { type RefinerInput, type Role, refinerInputs } from '../packages/methods/ddad/kinds.ts';
import { normalisedRefiner } from '../packages/methods/ddad/refiner/normalised-refiner.ts';
import type { AveragedWeights } from '../packages/methods/ddad/refiner/refiner-recipe.ts';
import { type Precision, precisions } from '../packages/methods/ddad/settings.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { asrNet } = await import('@ddad/models');
const { ensembleExamples } = await import('../packages/methods/ddad/refiner/refiner-examples.ts');
const { refinerStep } = await import('../packages/methods/ddad/refiner/refiner-step.ts');
const { withFreshStatistics } = await import('../packages/methods/ddad/averaging/fresh-statistics.ts');
const { averagingRate } = await import('../packages/methods/ddad/refiner/weight-average.ts');
const { evaluate } = await import('./refiner-recipes/evaluate.ts');
const { copyRun, greyValues, loadMembers, networkInput, readSet, testMaps } = await import(
  './refiner-recipes/members-of-run.ts'
);

const side = 64;
const area = side ** 2;
const batchSize = 8;
const epochs = Number(process.env.EPOCHS ?? 100);
const learningRate = Number(process.env.RATE ?? 1e-4);
/** Evaluations, at equal distances, the last step's among them. */
const points = Number(process.env.POINTS ?? 10);
const everyImage = Number(process.env.EVERY ?? 1);
const precision: Precision | undefined = precisions.find((one) => one === process.env.PRECISION);
/** Batches that BatchNorm's statistics of averaged weights are made of. */
const statisticsBatches = 20;

/** Means over so many epochs, looking back exponentially; shares of the steps as a recipe has them. */
const horizons = (process.env.HORIZONS ?? '10').split(',').map(Number);
const averages = Object.fromEntries(
  horizons.map((horizon): [string, AveragedWeights] => [
    `mean over ${horizon} epochs`,
    { from: 1 / epochs, horizon: horizon / epochs },
  ]),
);

async function refine(folder: string, input: RefinerInput): Promise<void> {
  const set = await readSet(folder);
  const { backbone } = set;
  const roles: readonly Role[] = input === 'dual' ? ['ndm', 'udm'] : ['ndm'];
  const ensemble = await loadMembers(folder, set, roles);
  const seed = Number(process.env.SEED ?? 7);
  const images = { pixels: await networkInput(folder, set.normal), side, seed };
  const scratch = await mkdtemp(join(tmpdir(), 'refiner-recipes-'));
  const channels = input === 'dual' ? 2 : 1;
  const network = asrNet({ inputs: channels });
  const examples = ensembleExamples(ensemble, images, scratch);
  const spec = {
    batchSize,
    imageSize: side,
    learningRate,
    weightDecay: 1e-4,
    seed,
    epochs,
    precision: precision === 'bfloat16' ? precision : undefined,
  };
  const training = refinerStep(
    {
      network,
      channels,
      spec,
      recipe: { average: null },
      images: set.normal.length,
      stepsACall: 1,
      mode: 'graph',
    },
    examples,
  );
  const { step } = training;
  const stepsPerEpoch = Math.floor(set.normal.length / batchSize);
  const steps = epochs * stepsPerEpoch;
  const evaluateAt = new Set(
    Array.from({ length: points }, (_, i) => Math.round((steps * (i + 1)) / points)),
  );
  const looked = set.test.flatMap((_, i) => (i % everyImage === 0 ? [i] : []));
  const labels = looked.map((i) => set.labels[i]!);
  const pixels = await greyValues(
    folder,
    looked.map((i) => set.test[i]!),
  );
  const maps = await testMaps(folder, set, ensemble);
  const test = new Float32Array(looked.length * area * channels);
  for (const [channel, map] of (channels === 2 ? ['aIntra', 'aInter'] : ['aIntra']).entries())
    for (const [place, i] of looked.entries())
      for (let at = 0; at < area; at++)
        test[(place * area + at) * channels + channel] = maps.get(map)![i * area + at]!;
  const trained = network.parameters.flatMap(({ name, kind }) => (kind === 'trainable' ? [name] : []));
  const means = new Map(Object.keys(averages).map((way) => [way, new Map<string, Float64Array>()]));

  const results = join(folder, 'results.jsonl');

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
      yield training.inputs(epochs + epoch, order, i * batchSize, 0);
  }
  const tell = async (way: string, weights: ReadonlyMap<string, TensorData>, loss: number) => {
    const aucs = evaluate(network, weights, test, pixels, labels);
    const line = JSON.stringify({
      dataset: set.dataset,
      backbone,
      input,
      seed,
      epochs,
      learningRate,
      precision,
      way,
      epoch: Number((step.steps / stepsPerEpoch).toFixed(1)),
      loss,
      ...aucs,
    });
    console.log(line);
    await appendFile(results, `${line}\n`);
  };

  let sum = 0;
  let since = 0;
  while (step.steps < steps) {
    const { steps: done } = step;
    const epoch = Math.floor(done / stepsPerEpoch);
    take(done);
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
        normalisedRefiner(network),
        averaged,
        statistics(epoch),
        { maps: [batchSize, side, side, channels] },
        async () => true,
      );
      await tell(way, fresh!, sum / since);
    }
    [sum, since] = [0, 0];
  }
  await rm(scratch, { recursive: true });
}

const [command, folder = '', ...rest] = process.argv.slice(2);
if (command === 'members') {
  const { dataset, backbone, k } = await copyRun(folder, rest[0] ?? '');
  console.error(`${folder}: ${dataset}, ${backbone}, K = ${k}`);
} else if (command === 'refine') {
  const input = refinerInputs.find((one) => one === rest[0]);
  if (input === undefined)
    throw new Error(`INPUT: expected one of ${refinerInputs.join(', ')}, got ${rest[0]}`);
  await refine(folder, input);
} else throw new Error('expected: members FOLDER RUN_ID, or refine FOLDER INPUT');
