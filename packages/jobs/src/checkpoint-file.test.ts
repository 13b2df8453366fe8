import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors } from '@ddad/storage/safetensors';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  readCheckpointFile,
  type TrainingState,
  verifyCheckpointFile,
  writeCheckpointFile,
} from './checkpoint-file.ts';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ddad-checkpoint-file-'));
  path = join(folder, 'checkpoint');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const state: TrainingState = {
  steps: 7,
  lossSum: 0.5,
  history: [1, 0.25],
  seconds: 12.5,
  tensors: new Map([
    ['weight', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
    ['adam.m.weight', { shape: [2, 2], data: Float32Array.of(0, -1, 0, 1e-45) }],
  ]),
};

/** A file whose metadata are these. */
const withMetadata = (metadata: Record<string, string>) =>
  writeFile(path, encodeSafetensors(state.tensors, metadata));

const loop = { steps: 7, lossSum: 0.5, history: [1, 0.25], seconds: 12.5 };
const both = { verify: verifyCheckpointFile, read: readCheckpointFile };

test('gives back what was written', async () => {
  await writeCheckpointFile(path, state);
  await verifyCheckpointFile(path);
  expect(await readCheckpointFile(path)).toEqual(state);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('a value of %d is refused, and named', async (value) => {
  const tensors = new Map(state.tensors);
  tensors.set('adam.v.weight', { shape: [2, 2], data: Float32Array.of(0, 0, value, 0) });
  await writeCheckpointFile(path, { ...state, tensors });
  await expect(verifyCheckpointFile(path)).rejects.toThrow(
    `adam.v.weight[1, 0]: expected a finite number, got ${value}`,
  );
  await expect(readCheckpointFile(path)).rejects.toThrow(
    `adam.v.weight: expected finite numbers, got ${value} at place 2`,
  );
});

for (const [name, look] of Object.entries(both)) {
  test.each<[string, Record<string, string>, string]>([
    ['no format', {}, 'expected format ddad-checkpoint-1, got none'],
    ['another format', { format: 'pt' }, 'expected format ddad-checkpoint-1, got pt'],
    ['no loop', { format: 'ddad-checkpoint-1' }, 'expected steps, lossSum, history and seconds, got null'],
    ['a loop that is no JSON', { format: 'ddad-checkpoint-1', loop: '{' }, 'got {'],
    ...[
      { steps: -1 },
      { steps: 0.5 },
      { lossSum: null },
      { history: [null] },
      { history: 1 },
      { seconds: '1' },
    ].map((change): [string, Record<string, string>, string] => [
      JSON.stringify(change),
      { format: 'ddad-checkpoint-1', loop: JSON.stringify({ ...loop, ...change }) },
      'checkpoint: expected steps, lossSum, history and seconds',
    ]),
  ])(`${name} refuses a file with %s`, async (_, metadata, message) => {
    await withMetadata(metadata);
    await expect(look(path)).rejects.toThrow(message);
  });

  test(`${name} refuses a file that is cut short`, async () => {
    await writeCheckpointFile(path, state);
    await writeFile(path, (await readFile(path)).subarray(0, -1));
    await expect(look(path)).rejects.toThrow('safetensors: ');
  });
}
