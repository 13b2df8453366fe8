import { toPyTorch } from '@ddad/models';
import {
  decidedWeights,
  differingBuffers,
  differingGradients,
  differingSteps,
  tensorsFrom,
  testImages,
} from '@ddad/models/testing';
import { expect, test } from 'vitest';
import { classBatches } from './class-batches.ts';
import { classifier } from './classifier.ts';
import { frozenSteps } from './settings.ts';
import { classifierStep } from './train-classifier.ts';

/** Of four images: of two, three of each alike, the head's normalisations make much of what is rounded. */
const [side, batchSize, count] = [64, 4, 10];
const area = side * side;
const write = classBatches({ images: testImages(count, side), side, seed: 5, batchSize });

/** Scales and offsets of a norm, and before one, have next to no gradient: what is left of it is rounding. */
const rounded = /(bn\d|downsample\.1|head\.[14])\.|head\.[03]\.bias/;

test.each([
  ['from scratch, all', 'grey', 0, 20],
  ['of pretrained weights, the head, then all,', 'colours', frozenSteps, frozenSteps + 5],
] as const)(
  '%s has the gradients, statistics and losses of an independent reference',
  (_form, input, frozen, steps) => {
    const { parameters } = classifier(input);
    const weights = decidedWeights(parameters, 3);
    const pretrained =
      input === 'grey' ? {} : { pretrained: { recipe: 1, weights: 'a'.repeat(64) } as const };
    const form = { imageSize: side, batchSize, learningRate: 2e-4, steps, ...pretrained };
    const batches = Array.from({ length: steps }, (_, step) => {
      const images = new Float32Array(3 * batchSize * area);
      write(step, images);
      return { images };
    });
    const number = (value: number) => ({ shape: [1], data: Float32Array.of(value) });
    const expected = tensorsFrom(
      'cutpaste.py',
      [],
      toPyTorch(parameters, weights),
      {
        images: {
          shape: [steps, 3 * batchSize, 1, side, side],
          data: Float32Array.from(batches.flatMap(({ images }) => [...images])),
        },
        learning_rate: number(form.learningRate),
        period: number(steps),
        frozen: number(frozen),
      },
      [],
    );
    expect(expected.get('margin')!.data[0]).toBeGreaterThan(1e-5);
    const step = classifierStep(form, { mode: 'graph' });
    try {
      step.write(weights);
      const trainable = parameters.filter(({ kind }) => kind === 'trainable');
      const gradients = toPyTorch(trainable, step.gradients('classify', batches[0]!));
      expect(
        differingGradients(gradients, expected, { ofAll: 2e-3, ofOwn: Number.POSITIVE_INFINITY }),
      ).toEqual([]);
      const differing = differingGradients(gradients, expected, { ofAll: 2e-3, ofOwn: 1e-2 });
      expect(differing.filter((line) => !rounded.test(line))).toEqual([]);
      const losses = batches.map((batch, at) => {
        const { loss } = step.run(at < frozen ? 'head' : 'classify', batch);
        if (at === 0) {
          const after = toPyTorch(parameters, step.read());
          expect(differingBuffers(parameters, after, expected, 1e-4)).toEqual([]);
        }
        return loss;
      });
      const theirs = expected.get('losses')!.data;
      expect(differingSteps(losses, theirs, 5e-4)).toEqual([]);
    } finally {
      step.dispose();
    }
  },
);

test('weights that learn nothing shrink by their decay, with momentum and at the falling rate', () => {
  const { parameters } = classifier('grey');
  const form = { imageSize: side, batchSize, learningRate: 0.03, steps: 10 };
  const step = classifierStep(form, { mode: 'graph' });
  try {
    const weights = decidedWeights(parameters, 3);
    step.write(weights);
    const images = new Float32Array(3 * batchSize * area);
    let [share, move] = [1, 0];
    for (let at = 0; at < 4; at += 1) {
      write(at, images);
      step.run('classify', { images });
      // b ← 0.9·b + 3e-5·w, w ← w − rate·b, of w = 1.
      move = 0.9 * move + 3e-5 * share;
      share -= 0.015 * (1 + Math.cos((Math.PI * at) / 10)) * move;
    }
    // Every second channel is closed, and so no slope reaches what it is made of. Over so many weights rounding evens out.
    const name = 'layer3.0.conv1.weight';
    const [first, after] = [weights, step.read()].map((of) => of.get(name)!.data);
    const closed = [...first!.keys()].flatMap((at) => (at % 2 === 1 ? [after![at]! / first![at]! - 1] : []));
    const mean = closed.reduce((sum, value) => sum + value, 0) / closed.length;
    expect(mean / (share - 1)).toBeCloseTo(1, 2);
  } finally {
    step.dispose();
  }
});
