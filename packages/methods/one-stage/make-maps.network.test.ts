import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { afterAll, expect, test } from 'vitest';
import { inputOf, taskOf } from '../make-task.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { sample, shortTraining } from './one-stage.testing.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { initialise, residualEncoderDecoder } = await import('@ddad/models');
const { writeWeights } = await import('../trained-result.ts');
const { makeMaps } = await import('./make-maps.ts');

const directory = await mkdtemp(join(tmpdir(), 'ddad-one-stage-maps-'));
afterAll(() => rm(directory, { recursive: true }));

test('maps of several batches end behind the first where the parent wants no more', async () => {
  // A batch has 32 images.
  const { kinds, spec, shared, data } = await shortTraining(sample, { count: 33 });
  const { parameters } = residualEncoderDecoder();
  const weights = await writeWeights({ directory, spec }, parameters, initialise(parameters, 1));
  const network = inputOf(kinds.network.kind, spec, { weights });
  const mapsSpec = { recipe: sample.recipes.maps, network: network.manifest.key, ...shared };
  let calls = 0;
  const made = await makeMaps(taskOf(kinds.maps, mapsSpec, { ...data, inputs: { network } }), {
    ...undisturbed,
    afterStep: async () => {
      calls += 1;
      return 'stop';
    },
  });
  expect(made).toBeNull();
  expect(calls).toBe(1);
}, 120_000);
