import { beforeEach, describe, expect, test } from 'vitest';
import { manifestKey, readManifest } from './manifests.ts';
import { memoryStore } from './memory-store.testing.ts';
import type { ObjectStore } from './object-store.ts';
import { decodeSafetensors, type NamedTensor } from './safetensors/index.ts';
import {
  allWeights,
  listWeights,
  namedWeights,
  putWeights,
  readWeightsRecord,
  removeWeights,
} from './weights.ts';

let store: ObjectStore;
beforeEach(() => {
  store = memoryStore();
});

const tensors = new Map<string, NamedTensor>([
  ['b', { shape: [2], data: Float32Array.of(1, 2) }],
  ['a', { shape: [1, 2], data: Float32Array.of(3, 4) }],
]);
const added = { name: 'mine', tensors, file: 'f'.repeat(64), by: 'tester', addedAt: new Date(0) };

describe('weights', () => {
  test('are an artifact under a key that the tensors alone decide, whatever order or name they come in', async () => {
    const record = await putWeights(store, added);
    expect(record.tensors).toEqual({ a: [1, 2], b: [2] });
    const manifest = await readManifest(store, 'weights', record.key);
    const { tensors: stored } = decodeSafetensors(await store.get(manifest!.files.weights!.object));
    expect(stored).toEqual(tensors);
    const other = await putWeights(store, {
      ...added,
      name: 'again',
      tensors: new Map([...tensors].reverse()),
    });
    expect(other.key).toBe(record.key);
    const changed = new Map([...tensors, ['b', { shape: [2], data: Float32Array.of(1, 3) }] as const]);
    expect((await putWeights(store, { ...added, name: 'other', tensors: changed })).key).not.toBe(record.key);
    expect((await listWeights(store)).map(({ name }) => name)).toEqual(['again', 'mine', 'other']);
  });

  test('a name that exists is moved; one that is taken away leaves the weights there', async () => {
    const first = await putWeights(store, added);
    const changed = new Map([['a', { shape: [1], data: Float32Array.of(9) }]]);
    const second = await putWeights(store, { ...added, tensors: changed });
    expect(await readWeightsRecord(store, 'mine')).toEqual(second);
    expect(await namedWeights(store)).toEqual([second.key]);
    expect(await removeWeights(store, 'mine')).toEqual(second);
    expect(await removeWeights(store, 'mine')).toBeNull();
    expect(await readWeightsRecord(store, 'mine')).toBeNull();
    expect((await allWeights(store)).sort()).toEqual([first.key, second.key].sort());
    expect(await store.exists(manifestKey('weights', second.key))).toBe(true);
    expect(await namedWeights(store)).toEqual([]);
  });

  test('of a name that object keys cannot carry are refused, and nothing is stored', async () => {
    await expect(putWeights(store, { ...added, name: '../x' })).rejects.toThrow(
      /^name: expected .*got \.\.\/x$/,
    );
    expect(await store.list('')).toEqual([]);
  });
});
