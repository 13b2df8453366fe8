import { type TensorData, tf } from '@ddad/compute';
import { expect, it } from 'vitest';
import { channelsFirst, drawn } from './layers/prove-network.testing.ts';
import { largestDifference, norm, tensorsFrom } from './reference.testing.ts';
import { gaussianWindow, scaleWeights } from './similarity-window.ts';
import { multiScaleSimilarity, structuralSimilarity } from './structural-similarity.ts';

/** Images x [N,S,S,1] and what stands for them, y [N,S,S,C]. */
function drawnPair(count: number, side: number, channels: number): { x: TensorData; y: TensorData } {
  const x = drawn('x', [count, side, side, 1]);
  const y = drawn('y', [count, side, side, channels]);
  for (const [at, value] of y.data.entries())
    y.data[at] = 0.7 * x.data[Math.floor(at / channels)]! + 0.3 * value;
  return { x, y };
}

/** What the reference gives of them. */
function referenceOf(
  command: 'one' | 'four' | 'five',
  { x, y }: ReturnType<typeof drawnPair>,
  inputs: Record<string, TensorData>,
): Map<string, TensorData> {
  const channels = y.shape[3]!;
  // Channels of x are equal, as those of a grey image are.
  const repeated = y.data.map((_, at) => x.data[Math.floor(at / channels)]!);
  const all = { x: { shape: y.shape, data: repeated }, ...inputs };
  const outward = Object.entries(all).map(([name, tensor]) => [name, channelsFirst(tensor)] as const);
  return tensorsFrom(
    'similarity.py',
    [command],
    new Map([['y', channelsFirst(y)]]),
    Object.fromEntries(outward),
    [],
  );
}

const tensor = ({ shape, data }: TensorData) => tf.tensor(data, shape);
const values = (found: ReturnType<typeof tf.tensor>) =>
  channelsFirst({ shape: found.shape, data: found.dataSync<'float32'>().slice() }).data;

/** Differences as a share of the reference's size. */
function off(found: Float32Array, expected: ReadonlyMap<string, TensorData>, name: string): number {
  const other = expected.get(name)!.data;
  return largestDifference(found, other) / (norm(other) / Math.sqrt(other.length));
}

const zeros = { window: 11, range: 1, padding: 'zeros' } as const;

it('has the values and slopes of an independent formula, with zeros around the images, and scipy’s where no border has a part', () => {
  const [count, side, channels] = [2, 32, 3];
  const pair = drawnPair(count, side, channels);
  const [ds, dc] = ['ds', 'dc'].map((name) => drawn(name, pair.y.shape)) as [TensorData, TensorData];
  const expected = referenceOf('one', pair, { ds, dc });
  tf.tidy(() => {
    const [x, y] = [tensor(pair.x), tensor(pair.y)];
    const found = structuralSimilarity(x, y, zeros);
    expect(off(values(found.similarity), expected, 'similarity')).toBeLessThan(1e-4);
    expect(off(values(found.contrast), expected, 'contrast')).toBeLessThan(1e-4);
    const slopes = tf.grad((at) => {
      const { similarity, contrast } = structuralSimilarity(x, at, zeros);
      return tf.add(tf.sum(tf.mul(similarity, tensor(ds))), tf.sum(tf.mul(contrast, tensor(dc))));
    })(y);
    expect(off(values(slopes), expected, 'slopes')).toBeLessThan(1e-3);
    const { similarity } = structuralSimilarity(x, y, { ...zeros, padding: 'none' });
    expect(similarity.shape).toEqual([count, side - 10, side - 10, channels]);
    expect(off(values(similarity), expected, 'middle')).toBeLessThan(1e-4);
  });
});

const small = { window: 3, range: 2, padding: 'none' } as const;

it.each([
  ['four', [2, 32, 3], small, [30, 14, 6, 2]],
  // The smallest images that have a window of 11 in the fifth scale.
  ['five', [1, 176, 2], { ...small, window: 11 }, [166, 78, 34, 12, 1]],
] as const)(
  'has over %s scales the values and slopes of an independent formula',
  (scales, shape, settings, sides) => {
    const [count, side, channels] = shape;
    const pair = drawnPair(count, side, channels);
    const dm = drawn('dm', [count, channels]);
    const expected = referenceOf(scales, pair, { dm });
    tf.tidy(() => {
      const [x, y] = [tensor(pair.x), tensor(pair.y)];
      const { similarity, maps } = multiScaleSimilarity(x, y, settings, scaleWeights[scales]);
      expect(maps.map((map) => map.shape[1])).toEqual(sides);
      expect(off(similarity.dataSync<'float32'>().slice(), expected, 'multi')).toBeLessThan(1e-4);
      for (const [scale, map] of maps.entries())
        expect(off(values(map), expected, `map/${scale}`)).toBeLessThan(1e-4);
      const slopes = tf.grad((at) =>
        tf.sum(tf.mul(multiScaleSimilarity(x, at, settings, scaleWeights[scales]).similarity, tensor(dm))),
      )(y);
      expect(off(values(slopes), expected, 'slopes')).toBeLessThan(1e-3);
    });
  },
);

it('is 1 of equal images, finite of opposite ones', () => {
  const { x } = drawnPair(2, 32, 3);
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
