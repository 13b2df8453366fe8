import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { expect, test } from 'vitest';
import { inputOf } from '../make-task.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { ganKind } from './kinds.ts';
import { smallRun } from './small-run.testing.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { initialise, toPyTorch } = await import('@ddad/models');
const { trainEncoder } = await import('./train-encoder.ts');
const { ganParameters } = await import('./train-gan.ts');

const run = await smallRun(5);
const parameters = ganParameters(run.gan.spec.width);
const weights = join(run.data.directory, 'gan');
await writeFile(weights, encodeSafetensors(toPyTorch(parameters, initialise(parameters, 1))));
const gan = inputOf(ganKind.kind, run.gan.spec, { weights });

test('gives the encoder’s weights, the same bytes stopped in the middle and resumed with several steps a call', async () => {
  const task = async (name: string) => {
    const directory = join(run.data.directory, name);
    await mkdir(directory);
    return { ...run.encoder, inputs: { gan }, directory };
  };
  const calm = (await trainEncoder(await task('calm'), undisturbed))!;
  const whole = await readFile(calm.files.weights!);
  expect(decodeSafetensors(whole).tensors.get('encoder.output.weight')!.shape).toEqual([128, 256]);
  const checkpoints: string[] = [];
  let calls = 0;
  const disturbed = await task('disturbed');
  const stopped = await trainEncoder(disturbed, {
    ...undisturbed,
    afterStep: async () => (++calls === 3 ? 'stop' : 'go on'),
    checkpoint: (_done, path) => checkpoints.push(path),
  });
  expect(stopped).toBeNull();
  const rest = { checkpoint: checkpoints[0]!, stepsACall: 2 };
  const resumed = (await trainEncoder({ ...disturbed, ...rest }, undisturbed))!;
  expect(resumed.history).toEqual(calm.history);
  const digest = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
  expect(digest(await readFile(resumed.files.weights!))).toBe(digest(whole));
});
