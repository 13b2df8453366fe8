import { type PhasedStep, randomStream, type TensorData, tf } from '@ddad/compute';
import { initialise, type ParameterSpec, toPyTorch } from '@ddad/models';
import {
  differingGradients,
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
    for (const { name, kind } of of) {
      if (kind === 'buffer')
        expect(
          largestDifference(after.get(name)!.data, expected.get(`buffer/${name}`)!.data),
          name,
        ).toBeLessThan(1e-4);
    }
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
  for (const { name, kind } of of) {
    if (kind === 'buffer')
      expect(
        largestDifference(found.after.get(name)!.data, expected.get(`buffer/${name}`)!.data),
        name,
      ).toBeLessThan(1e-4);
  }
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
