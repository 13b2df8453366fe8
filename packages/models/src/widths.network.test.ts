import { inferenceStep } from '@ddad/compute';
import { expect, it } from 'vitest';
import { backbone } from './backbones.ts';
import { initialise, toPyTorch, trainableCount } from './parameters.ts';
import { largestDifference, reference, smoothImages } from './reference.testing.ts';

const [count, side] = [2, 64];
const widths = { latentSize: 5, wideLayer: 48 };

it('has as many parameters as counted by hand, and those of the paper where nothing is said', () => {
  // As in parameters.test.ts, with 48 for 2048 and 5 for 16.
  const linear = 1024 * 48 + 48 + 2 * 48 + (48 * 5 + 5) + (5 * 48 + 48) + 2 * 48 + (48 * 1024 + 1024);
  const others = 2 * 106_752 + 352 + 224;
  expect(trainableCount(backbone('ae', side, widths).parameters)).toBe(others + linear);
  expect(trainableCount(backbone('aeu', side, widths).parameters)).toBe(others + linear + 16 * 16);
  expect(trainableCount(backbone('memae', side, widths).parameters)).toBe(others + linear + 25 * 5);
  const paper = { latentSize: 16, wideLayer: 2048 };
  for (const name of ['ae', 'aeu', 'memae'])
    expect(backbone(name, side, paper).parameters).toEqual(backbone(name, side).parameters);
});

it.each(['ae', 'aeu', 'memae'])(
  'reconstructs as the independent reference does at other widths, BatchNorm folded too, to 1e-5 of their range (%s)',
  (name) => {
    const model = backbone(name, side, widths);
    const weights = initialise(model.parameters, 3);
    for (const [key, { data }] of weights) if (key.endsWith('running_var')) data.fill(0.04);
    const images = smoothImages(count);
    const expected = reference('reconstruct', toPyTorch(model.parameters, weights), {
      images: { shape: [count, 1, side, side], data: images },
    }).get('images')!.data;
    for (const folded of [false, true]) {
      const step = inferenceStep({
        weights: folded ? model.fold(weights) : weights,
        inputs: { input: [count, side, side, 1] },
        compute: (all, { input }) => {
          const found = folded ? model.reconstructFolded(all, input!) : model.reconstruct(all, all, input!);
          return { images: found.image };
        },
        mode: 'graph',
      });
      try {
        const found = step.run({ input: images }).images!;
        const range = Math.max(...expected) - Math.min(...expected);
        expect(range).toBeGreaterThan(0.01);
        // Running variances of 0.04 make values, and what rounding takes off them, five times as large from layer to layer.
        expect(largestDifference(found, expected) / range).toBeLessThan(1e-5);
      } finally {
        step.dispose();
      }
    }
  },
  60_000,
);
