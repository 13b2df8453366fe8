import { type PhasedStep, randomStream, type TensorData, tf } from '@ddad/compute';
import { initialise, type ParameterSpec, toPyTorch } from '@ddad/models';
import {
  differingBuffers,
  differingGradients,
  differingSteps,
  ganReference,
  largestDifference,
  largestRelativeDifference,
  norm,
  smoothImages,
} from '@ddad/models/testing';
import { expect, test } from 'vitest';
import { codeSize } from './architecture.ts';
import { critic, encoder, generator } from './networks.ts';
import { residualMaker } from './score-images.ts';
import { encoderStep } from './train-encoder.ts';
import { ganParameters, ganStep } from './train-gan.ts';

const side = 64;
const area = side * side;
const form = { width: 2, batchSize: 3, imageSize: side, learningRate: 1e-4 };
const parameters = [...ganParameters(form.width), ...encoder(form.width).parameters];
const images = smoothImages(form.batchSize, side);
const pixels = { shape: [form.batchSize, 1, side, side], data: images };

/** First weights away from special values: scales are not 1, offsets not 0, running statistics neither. */
const weights = initialise(parameters, 1);
for (const { name, initial } of parameters) {
  if (initial.kind !== 'constant') continue;
  const low = initial.value === 1 ? 0.5 : -0.5;
  randomStream(1, 'norm', name).fillUniform(low, low + 1, weights.get(name)!.data);
}
const outward = toPyTorch(parameters, weights);

const codes = new Float32Array(form.batchSize * codeSize);
randomStream(2, 'codes').fillNormal(0, 1, codes);
const mix = new Float32Array(form.batchSize);
randomStream(2, 'mix').fillUniform(0, 1, mix);
const coded = { shape: [form.batchSize, codeSize], data: codes };

const trained = (of: readonly ParameterSpec[], tensors: ReadonlyMap<string, TensorData>) =>
  toPyTorch(
    of.filter(({ kind }) => kind === 'trainable'),
    tensors,
  );

/** What float32 and a ReLU's jumps leave of gradients. */
const tolerance = { ofAll: 2e-3, ofOwn: 2e-2 };

function using<Step extends PhasedStep<never>, T>(step: Step, use: (step: Step) => T): T {
  try {
    return use(step);
  } finally {
    step.dispose();
  }
}

test('the critic’s loss, distance, penalty and second derivatives are those of the independent reference', () => {
  const of = critic(form.width).parameters;
  const directions = Object.fromEntries(
    of.map(({ name, pytorchShape }) => {
      const data = new Float32Array(pytorchShape.reduce((size, length) => size * length, 1));
      randomStream(4, name).fillNormal(0, 1, data);
      return [`direction/${name}`, { shape: pytorchShape, data }];
    }),
  );
  const expected = ganReference('critic', outward, {
    images: pixels,
    codes: coded,
    mix: { shape: [form.batchSize, 1, 1, 1], data: mix },
    ...directions,
  });
  const figure = (name: string) => expected.get(name)!.data[0]!;
  using(ganStep(form, { mode: 'graph' }), (step) => {
    step.write(weights);
    const inputs = { images, codes, mix };
    const gradients = trained(of, step.gradients('critic', inputs));
    const all = Math.hypot(...of.map(({ name }) => norm(gradients.get(name)!.data)));
    for (const { name } of of) {
      const { data } = gradients.get(name)!;
      const direction = directions[`direction/${name}`]!.data;
      const slope = data.reduce((sum, value, i) => sum + value * direction[i]!, 0);
      const size = Math.max(norm(data), 1e-2 * all);
      expect(Math.abs(slope - figure(`slope/${name}`)) / size, `${name}: ${slope}`).toBeLessThan(5e-3);
    }
    const { loss, watched } = step.run('critic', inputs);
    expect(loss).toBeCloseTo(figure('loss'), 3);
    for (const name of ['distance', 'penalty', 'norm'])
      expect(watched[name]! / figure(name), name).toBeCloseTo(1, 3);
  });
});

test('the generator’s images, loss, gradients and statistics are those of the independent reference', () => {
  const expected = ganReference('generator', outward, { codes: coded });
  const of = generator(form.width).parameters;
  using(ganStep(form, { mode: 'graph' }), (step) => {
    step.write(weights);
    const gradients = trained(of, step.gradients('generator', { codes }));
    expect(differingGradients(gradients, expected, tolerance)).toEqual([]);
    const { loss, watched } = step.run('generator', { codes });
    expect(loss / expected.get('loss')!.data[0]!).toBeCloseTo(1, 4);
    const after = toPyTorch(of, step.read());
    expect(differingBuffers(of, after, expected, 1e-4)).toEqual([]);
    // Deviation over the batch, by hand.
    const made = expected.get('image')!.data;
    let spread = 0;
    for (let at = 0; at < area; at += 1) {
      const values = [0, 1, 2].map((image) => made[image * area + at]!);
      const mean = values.reduce((sum, value) => sum + value, 0) / 3;
      spread += Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3) / area;
    }
    expect(watched.spread! / spread).toBeCloseTo(1, 3);
  });
});

test('the encoder’s loss, gradients, statistics and the scores are those of the independent reference', async () => {
  const expected = ganReference('encoder', outward, { images: pixels });
  const of = encoder(form.width).parameters;
  const found = using(encoderStep(form, { mode: 'graph' }), (step) => {
    step.write(new Map(of.map(({ name }) => [name, weights.get(name)!])));
    step.writeFrozen(new Map(ganParameters(form.width).map(({ name }) => [name, weights.get(name)!])));
    const gradients = trained(of, step.gradients('encoder', { images }));
    const { loss } = step.run('encoder', { images });
    return { gradients, loss, after: toPyTorch(of, step.read()) };
  });
  expect(differingGradients(found.gradients, expected, tolerance)).toEqual([]);
  expect(found.loss / expected.get('loss')!.data[0]!).toBeCloseTo(1, 4);
  expect(differingBuffers(of, found.after, expected, 1e-4)).toEqual([]);
  const maker = residualMaker(form, weights);
  try {
    const batch = new Float32Array(maker.batchSize * area);
    batch.set(images);
    const scores = (await maker.make(batch, async () => true))!;
    const first = (values: Float32Array, size: number) => values.subarray(0, form.batchSize * size);
    expect(
      largestDifference(first(scores['map.residual']!, area), expected.get('residual')!.data),
    ).toBeLessThan(1e-3);
    expect(largestRelativeDifference(first(scores.izif!, 1), expected.get('izif')!.data)).toBeLessThan(1e-3);
  } finally {
    maker.dispose();
  }
});

/** Batches of 20 steps, all different: images, and noise for either network. */
const batches = Array.from({ length: 20 }, (_, at) => {
  const noise = (name: 'critic' | 'generator') => {
    const values = new Float32Array(form.batchSize * codeSize);
    randomStream(7, name, at).fillNormal(0, 1, values);
    return values;
  };
  const own = new Float32Array(form.batchSize);
  randomStream(7, 'mix', at).fillUniform(0, 1, own);
  return { codes: noise('critic'), mix: own, generatorCodes: noise('generator') };
});
const allImages = smoothImages(batches.length * form.batchSize, side);
const imagesOf = (step: number) => allImages.subarray(step * images.length, (step + 1) * images.length);
const joined = (parts: Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]));

test('has 20 losses of the independent reference, five steps of the critic and one of the generator in turns', () => {
  const learningRate = 1e-3;
  const of = { critic: 17, generator: 3 };
  const criticBatches = batches.slice(0, of.critic);
  const n = form.batchSize;
  const expected = ganReference('wgan', outward, {
    images: { shape: [of.critic, n, 1, side, side], data: allImages.slice(0, of.critic * images.length) },
    codes: { shape: [of.critic, n, codeSize], data: joined(criticBatches.map((batch) => batch.codes)) },
    mix: { shape: [of.critic, n, 1, 1, 1], data: joined(criticBatches.map((batch) => batch.mix)) },
    generator_codes: {
      shape: [of.generator, n, codeSize],
      data: joined(batches.slice(0, of.generator).map(({ generatorCodes }) => generatorCodes)),
    },
    learning_rate: { shape: [1], data: Float32Array.of(learningRate) },
  });
  using(ganStep({ ...form, learningRate }, { mode: 'graph' }), (step) => {
    step.write(weights);
    const inputs = (at: number) => ({ ...criticBatches[at]!, images: imagesOf(at) });
    const gradients = trained(critic(form.width).parameters, step.gradients('critic', inputs(0)));
    expect(differingGradients(gradients, expected, { ofAll: 1e-4, ofOwn: 1e-3 })).toEqual([]);
    const losses: number[] = [];
    const spreads: number[] = [];
    for (let made = 0; made < of.generator; made += 1) {
      for (let judged = 0; judged < 5; judged += 1)
        losses.push(step.run('critic', inputs(5 * made + judged)).loss);
      const { loss, watched } = step.run('generator', { codes: batches[made]!.generatorCodes });
      losses.push(loss);
      spreads.push(watched.spread!);
    }
    losses.push(step.run('critic', inputs(15)).loss, step.run('critic', inputs(16)).loss);
    const theirs = expected.get('losses')!.data;
    const judging = (_: number, at: number) => at % 6 !== 5;
    expect(differingSteps(losses.filter(judging), theirs.filter(judging), 1e-2)).toEqual([]);
    // The same added to all that the critic says changes no loss of its own: there Adam goes by rounding, up to a rate's length a step.
    expect(differingSteps(losses, theirs, 40 * learningRate)).toEqual([]);
    expect(differingSteps(spreads, expected.get('spreads')!.data, 1e-3)).toEqual([]);
  });
});

test('the encoder has 20 losses of the independent reference', () => {
  const learningRate = 1e-4;
  // Codes between −1 and 1 but not next to them, where the slopes are rounding, which RMSProp takes for as much as any other.
  const begun = new Map(weights);
  const last = begun.get('encoder.output.weight')!;
  begun.set('encoder.output.weight', { ...last, data: last.data.map((value) => value / 10) });
  const expected = ganReference('izif', toPyTorch(parameters, begun), {
    images: { shape: [batches.length, form.batchSize, 1, side, side], data: allImages },
    learning_rate: { shape: [1], data: Float32Array.of(learningRate) },
  });
  using(encoderStep({ ...form, learningRate }, { mode: 'graph' }), (step) => {
    step.write(new Map(encoder(form.width).parameters.map(({ name }) => [name, begun.get(name)!])));
    step.writeFrozen(new Map(ganParameters(form.width).map(({ name }) => [name, begun.get(name)!])));
    const losses = batches.map((_, at) => step.run('encoder', { images: imagesOf(at) }).loss);
    const theirs = expected.get('losses')!.data;
    expect(differingSteps(losses.slice(0, 3), theirs.slice(0, 3), 2e-4)).toEqual([]);
    // What is rounded, and what a ReLU's jumps make of it, grows from step to step.
    expect(differingSteps(losses, theirs, 2e-2)).toEqual([]);
  });
});

test('trains the same as a graph and eagerly, in turns, and leaves no tensor behind', () => {
  const tensors = tf.memory().numTensors;
  const all = (['graph', 'eager'] as const).map((mode) => ganStep(form, { mode }));
  try {
    const losses = all.map((step) => {
      step.write(initialise(ganParameters(form.width), 1));
      return Array.from({ length: 3 }, () => [
        step.run('critic', { images, codes, mix }).loss,
        step.run('generator', { codes }).loss,
      ]).flat();
    });
    losses[0]!.forEach((loss, i) => {
      expect(Math.abs(loss - losses[1]![i]!), `step ${i + 1}: ${loss}`).toBeLessThan(
        2e-3 * Math.max(1, Math.abs(loss)),
      );
    });
  } finally {
    for (const step of all) step.dispose();
  }
  expect(tf.memory().numTensors).toBe(tensors);
});
