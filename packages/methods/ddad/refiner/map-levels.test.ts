import { randomStream, type TensorData, tf } from '@ddad/compute';
import { asrNet, initialise } from '@ddad/models';
import { expect, it } from 'vitest';
import { forUnlevelledMaps, levelled, mapLevels } from './map-levels.ts';

const onwards = async () => true;

it('is the mean of each map over all images, in however many turns they come', async () => {
  // Two channels: 1, 2, 3, 6 and 10, 20, 30, 60.
  const turns = [Float32Array.of(1, 10, 2, 20), Float32Array.of(3, 30, 6, 60)];
  expect(await mapLevels(turns, 2, onwards)).toEqual([3, 30]);
  expect(await mapLevels([Float32Array.of(1, 10, 2, 20, 3, 30, 6, 60)], 2, onwards)).toEqual([3, 30]);
});

it('is 1 of a map that is 0 everywhere, as of members that agree', async () => {
  expect(await mapLevels([Float32Array.of(0, 4, 0, 2)], 2, onwards)).toEqual([1, 3]);
});

it('stops when it is told to', async () => {
  let turns = 0;
  const two = async () => ++turns < 2;
  const many = Array.from({ length: 5 }, () => Float32Array.of(1));
  expect(await mapLevels(many, 1, two)).toBeNull();
  expect(turns).toBe(2);
});

it('divides the maps of examples, and leaves labels and all else as they are', () => {
  const examples = {
    write: (
      _epoch: number,
      _order: Uint32Array,
      _start: number,
      target: { maps: Float32Array; labels: Float32Array },
    ) => {
      target.maps.set([2, 30, 4, 60]);
      target.labels.set([0, 1]);
    },
    untouched: () => [],
    dispose: () => {},
  };
  const target = { maps: new Float32Array(4), labels: new Float32Array(2) };
  levelled(examples, [2, 10]).write(0, new Uint32Array(), 0, target);
  expect([...target.maps]).toEqual([1, 3, 2, 6]);
  expect([...target.labels]).toEqual([0, 1]);
});

it('is worked into the weights, which make of maps as they are what they made of divided ones', () => {
  const network = asrNet({ inputs: 2, width: 8 });
  const weights = initialise(network.parameters, 3);
  const levels = [0.02, 7];
  const shape = [2, 16, 16, 2];
  const maps = new Float32Array(2 * 16 * 16 * 2);
  randomStream(1, 'maps').fillUniform(0, 1, maps);
  const probability = (of: ReadonlyMap<string, TensorData>, values: Float32Array) =>
    tf.tidy(() => {
      const all = Object.fromEntries([...of].map(([name, t]) => [name, tf.tensor(t.data.slice(), t.shape)]));
      return network.anomalyProbability(all, all, tf.tensor(values, shape)).dataSync<'float32'>().slice();
    });
  const expected = probability(
    weights,
    maps.map((value, i) => value / levels[i % 2]!),
  );
  const found = probability(forUnlevelledMaps(weights, levels), maps);
  expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-6);
  // And the levels do matter.
  const without = probability(weights, maps);
  expect(Math.max(...without.map((value, i) => Math.abs(value - expected[i]!)))).toBeGreaterThan(0.01);
});
