import { createHash } from 'node:crypto';
import type { DatasetIndex } from '@ddad/contract';
import { putDataset } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { expect, it } from 'vitest';
import { recordedScreen } from '../screens-for-tests.ts';
import { showDataset } from './dataset-show.ts';

const side = 64;
const count = 5;

/** `ddad dataset show` of a small dataset, as two screens get it. */
async function shown(isTerminal: boolean) {
  const store = memoryStore();
  const pixels = Uint8Array.from({ length: count * side * side }, (_, i) => (i * 7919) % 251);
  const index: DatasetIndex = {
    format: 1,
    imageSize: side,
    images: Array.from({ length: count }, (_, i) => `${i}.png`),
    train: Array.from({ length: count }, (_, i) => i),
    unlabeled: { labels: 'none' },
    test: { labels: 'none' },
    validation: [],
    copies: [],
    synthetic: false,
  };
  const digest = createHash('sha256').update(pixels).digest('hex');
  await putDataset(store, { name: 'small', index, pixels, digest });
  const screens = { out: recordedScreen(), err: recordedScreen({ isTerminal }) };
  await showDataset({ store, screens, openFile: async () => {} }, { name: 'small', cwd: '/' });
  return screens;
}

it('says on a terminal how far it is while it looks for near-copies, and leaves nothing of that', async () => {
  const { out, err } = await shown(true);
  const full = '█'.repeat(30);
  expect(err.text()).toContain(`hashing images  ${full}  5/5`);
  expect(err.text()).toContain(`comparing images  ${full}  100 %`);
  expect(err.shown()).toEqual([]);
  expect(out.text()).toMatch(/^small: 5 images/);
});

it('writes no progress into a file or a pipe', async () => {
  expect((await shown(false)).err.text()).toBe('');
});
