import { randomStream } from '@ddad/compute';
import { asrNet, initialise } from '@ddad/models';
import { expect, it } from 'vitest';
import { normalisedRefiner } from '../refiner/normalised-refiner.ts';
import { withFreshStatistics } from './fresh-statistics.ts';

const [side, size, width] = [8, 3, 4];
const network = normalisedRefiner(asrNet({ inputs: 1, width }));
const weights = initialise(network.parameters, 1);
// A first layer that hands the maps on, as 1, 2, 3, 4 times themselves, plus 0.5: its centres are the only weights.
const kernel = weights.get('model.0.weight')!.data;
kernel.fill(0);
for (let channel = 0; channel < width; channel++) kernel[4 * width + channel] = channel + 1;
weights.get('model.0.bias')!.data.fill(0.5);

const batches = Array.from({ length: 4 }, (_, i) => {
  const maps = new Float32Array(size * side * side);
  randomStream(5, 'maps', i).fillUniform(i, 2 * i + 1, maps);
  return maps;
});
const shapes = { maps: [size, side, side, 1] };
const shown = batches.map((maps) => ({ maps }));

it("has the mean over the batches of each batch's own mean and unbiased variance", async () => {
  const fresh = (await withFreshStatistics(network, weights, shown, shapes, async () => true))!;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const means = batches.map((maps) => mean([...maps]));
  const variances = batches.map((maps, i) => {
    const squares = [...maps].map((value) => (value - means[i]!) ** 2);
    return (mean(squares) * squares.length) / (squares.length - 1);
  });
  const found = (name: string) => [...fresh.get(`model.1.${name}`)!.data];
  for (let channel = 0; channel < width; channel++) {
    const factor = channel + 1;
    expect(found('running_mean')[channel]! / (factor * mean(means) + 0.5)).toBeCloseTo(1, 5);
    expect(found('running_var')[channel]! / (factor ** 2 * mean(variances))).toBeCloseTo(1, 5);
  }
  // The second layer's too, and nothing else.
  for (const [name, { data }] of fresh) {
    if (name.includes('running')) expect(data).not.toEqual(weights.get(name)!.data);
    else expect(data).toEqual(weights.get(name)!.data);
  }
  expect([...fresh.keys()].sort()).toEqual([...weights.keys()].sort());
});

it('does not depend on the statistics that were there', async () => {
  const other = new Map(weights);
  for (const [name, { shape: own, data }] of weights)
    if (name.includes('running')) other.set(name, { shape: own, data: data.map((_, i) => 3 + i) });
  const once = async (of: typeof weights) =>
    withFreshStatistics(network, of, shown, shapes, async () => true);
  expect(await once(other)).toEqual(await once(weights));
});

it('stops when it is told to', async () => {
  let turns = 0;
  expect(await withFreshStatistics(network, weights, shown, shapes, async () => ++turns < 2)).toBeNull();
  expect(turns).toBe(2);
});
