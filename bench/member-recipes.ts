/**
 * What a mean over a member's last epochs is worth beside its last weights: AUC on test images of what members of the NDM give. For
 * looking only: nothing is chosen by it but the recipe, once, for all datasets.
 *
 *     DDAD_HOME=… node bench/refiner-recipes.ts members FOLDER RUN_ID    copies a finished run's images out of a local cluster
 *     SHARES=0.1,0.25,0.5 node bench/member-recipes.ts FOLDER            trains new members; a line of JSON a map and way
 *
 * SHARES are those of the epochs, the last ones, that means are over; SEED is the first member's.
 */
import type { TensorData } from '@ddad/compute';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { memberFields } from '../packages/methods/ddad/settings.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { randomStream, trainStep } = await import('@ddad/compute');
const { backbone, initialise, shapesOf } = await import('@ddad/models');
const { epochMean } = await import('../packages/methods/ddad/averaging/epoch-means.ts');
const { withFreshStatistics } = await import('../packages/methods/ddad/averaging/fresh-statistics.ts');
const { oneMoreEpoch } = await import('../packages/methods/ddad/averaging/one-more-epoch.ts');
const { ensembleOf } = await import('../packages/methods/ddad/maps/ensemble.ts');
const { adam } = await import('../packages/methods/ddad/members/train-member.ts');
const { fedImages } = await import('../packages/methods/ddad/members/training-images.ts');
const { aucsOf } = await import('./refiner-recipes/evaluate.ts');
const { greyValues, networkInput, readSet, testMaps } = await import('./refiner-recipes/members-of-run.ts');

const side = 64;
const batchSize = 64;
const epochs = Number(process.env.EPOCHS ?? 250);
const firstSeed = Number(process.env.SEED ?? 200);
const shares = (process.env.SHARES ?? '0.1').split(',').map(Number);
const bfloat16 = process.env.PRECISION === 'bfloat16';

const [folder = ''] = process.argv.slice(2);
const set = await readSet(folder);
const model = backbone(set.backbone, side);
const { trainable, buffers } = shapesOf(model.parameters);
const images = fedImages(await networkInput(folder, set.normal), side, batchSize);
const stepsPerEpoch = Math.floor(set.normal.length / batchSize);

/** A member's tensors by way. */
async function train(seed: number): Promise<Map<string, ReadonlyMap<string, TensorData>>> {
  const step = trainStep({
    trainable,
    buffers,
    inputs: images.inputs,
    loss: (weights, running, inputs) => {
      const { loss, buffers: renewed } = model.loss(weights, running, { images: images.batch(inputs, {}) });
      return { loss, buffers: renewed };
    },
    optimiser: { ...adam, learningRate: memberFields.learningRate.parse(undefined) },
    precision: bfloat16 ? 'bfloat16' : undefined,
    stepsACall: 1,
    mode: 'graph',
  });
  const means = shares.map((share) => epochMean({ trainable, epochs, stepsPerEpoch, share }));
  const order = (epoch: number) => randomStream(seed, 'order', epoch).shuffle(set.normal.length);
  try {
    step.write(initialise(model.parameters, seed));
    for (let epoch = 0; epoch < epochs; epoch++) {
      const own = order(epoch);
      for (let i = 0; i < stepsPerEpoch; i++) step.run(images.values(own, i * batchSize, 0));
      const due = means.filter(({ counted }) => counted(step.steps) > 0);
      if (due.length === 0) continue;
      const weights = step.read();
      for (const mean of due) mean.take(step.steps, weights);
    }
    const last = step.read();
    const ways = new Map<string, ReadonlyMap<string, TensorData>>([['last weights', last]]);
    const loop = { epochs, images: set.normal.length, batchSize, order };
    for (const [at, share] of shares.entries()) {
      const averaged = await withFreshStatistics(
        {
          parameters: model.parameters,
          statistics: (weights, inputs) => model.batchStatistics(weights, images.batch(inputs, {})),
        },
        new Map([...last, ...means[at]!.tensors]),
        oneMoreEpoch({ ...loop, inputs: (_epoch, own, start, place) => images.values(own, start, place) }),
        images.inputs,
        async () => true,
      );
      ways.set(`mean over the last ${share}`, averaged!);
    }
    return ways;
  } finally {
    step.dispose();
  }
}

const members: Awaited<ReturnType<typeof train>>[] = [];
for (let index = 0; index < set.k; index++) {
  members.push(await train(firstSeed + index));
  console.error(`${folder}: member ${index + 1} of ${set.k}`);
}
const pixels = await greyValues(folder, set.test);
for (const way of members[0]!.keys()) {
  const ensemble = ensembleOf(model, { ndm: members.map((ways) => model.fold(ways.get(way)!)), udm: [] });
  for (const [map, values] of await testMaps(folder, set, ensemble)) {
    const { dataset, backbone: of } = set;
    const facts = { dataset, backbone: of, k: set.k, seed: firstSeed, epochs, bfloat16, way, map };
    console.log(JSON.stringify({ ...facts, ...aucsOf(values, pixels, set.labels) }));
  }
}
