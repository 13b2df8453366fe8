import { type TensorData, tf } from '@ddad/compute';
import { expect, it } from 'vitest';
import { channelsFirst, drawn } from './layers/prove-network.testing.ts';
import { largestDifference, norm, tensorsFrom } from './reference.testing.ts';
import { gaussianWindow, scaleWeights } from './similarity-window.ts';
import { multiScaleSimilarity, structuralSimilarity } from './structural-similarity.ts';

const [count, side, channels] = [2, 32, 3];
const maps = [count, side, side, channels];

/** Channels of x are equal, as those of a grey image are. */
const x = drawn('x', [count, side, side, 1]);
const y: TensorData = drawn('y', maps);
for (const [at, value] of y.data.entries())
  y.data[at] = 0.7 * x.data[Math.floor(at / channels)]! + 0.3 * value;
const [ds, dc, dm] = [drawn('ds', maps), drawn('dc', maps), drawn('dm', [count, channels])];
const repeated: TensorData = { shape: maps, data: y.data.map((_, at) => x.data[Math.floor(at / channels)]!) };

const expected = tensorsFrom(
  'similarity.py',
  [],
  new Map([['y', channelsFirst(y)]]),
  { x: channelsFirst(repeated), ds: channelsFirst(ds), dc: channelsFirst(dc), dm },
  [],
);

const tensor = ({ shape, data }: TensorData) => tf.tensor(data, shape);
const values = (found: ReturnType<typeof tf.tensor>) =>
  channelsFirst({ shape: found.shape, data: found.dataSync<'float32'>().slice() }).data;

/** Differences as a share of the reference's size. */
function off(found: Float32Array, name: string): number {
  const other = expected.get(name)!.data;
  return largestDifference(found, other) / (norm(other) / Math.sqrt(other.length));
}

const zeros = { window: 11, range: 1, padding: 'zeros' } as const;

it('has the values and slopes of an independent formula, with zeros around the images', () => {
  tf.tidy(() => {
    const found = structuralSimilarity(tensor(x), tensor(y), zeros);
    expect(off(values(found.similarity), 'similarity')).toBeLessThan(1e-4);
    expect(off(values(found.contrast), 'contrast')).toBeLessThan(1e-4);
    const slopes = tf.grad((at) => {
      const { similarity, contrast } = structuralSimilarity(tensor(x), at, zeros);
      return tf.add(tf.sum(tf.mul(similarity, tensor(ds))), tf.sum(tf.mul(contrast, tensor(dc))));
    })(tensor(y));
    expect(off(values(slopes), 'slopes')).toBeLessThan(1e-3);
  });
});

it('has the values of scipy’s filter where no border has a part in them', () => {
  tf.tidy(() => {
    const { similarity } = structuralSimilarity(tensor(x), tensor(y), { ...zeros, padding: 'none' });
    expect(similarity.shape).toEqual([count, side - 10, side - 10, channels]);
    expect(off(values(similarity), 'middle')).toBeLessThan(1e-4);
  });
});

const small = { window: 3, range: 2, padding: 'none' } as const;

it('has over four scales the values and slopes of an independent formula', () => {
  tf.tidy(() => {
    const { similarity, maps: of } = multiScaleSimilarity(tensor(x), tensor(y), small, scaleWeights.four);
    expect(of.map(({ shape }) => shape[1])).toEqual([30, 14, 6, 2]);
    expect(off(similarity.dataSync<'float32'>().slice(), 'multi')).toBeLessThan(1e-4);
    const slopes = tf.grad((at) =>
      tf.sum(tf.mul(multiScaleSimilarity(tensor(x), at, small, scaleWeights.four).similarity, tensor(dm))),
    )(tensor(y));
    expect(off(values(slopes), 'multi_slopes')).toBeLessThan(1e-3);
  });
});

it('is 1 of equal images, finite of opposite ones', () => {
  tf.tidy(() => {
    const of = (b: ReturnType<typeof tf.tensor>) =>
      multiScaleSimilarity(tensor(x), b, small, scaleWeights.four).similarity.dataSync<'float32'>();
    for (const value of of(tensor(x))) expect(value).toBeCloseTo(1, 5);
    for (const value of of(tf.neg(tensor(x)))) expect(value).toBeGreaterThan(0);
  });
});

it('has a window whose weights fall off as a normal density does', () => {
  // exp(−1/2) = 0.60653; 1 + 2·0.60653 = 2.21306.
  expect(gaussianWindow(3, 1).map((weight) => Number(weight.toFixed(5)))).toEqual([
    0.27407, 0.45186, 0.27407,
  ]);
});

it('refuses images smaller than the window, and sides that cannot be halved', () => {
  const of = (pixels: number) => tf.zeros([1, pixels, pixels, 1]);
  tf.tidy(() => {
    expect(() => structuralSimilarity(of(8), of(8), { ...zeros, padding: 'none' })).toThrow(
      "window: expected at most the images' side of 8 pixels, got 11",
    );
    expect(() => multiScaleSimilarity(of(9), of(9), small, [0.5, 0.5])).toThrow(/halved, got 9 pixels/);
  });
});
