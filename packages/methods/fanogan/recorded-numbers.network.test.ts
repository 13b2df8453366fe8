/**
 * Numbers of all kinds of artifacts, recorded on an x86-64 processor; others round differently, hence the tolerance.
 *
 * If one of these fails and you changed numerics on purpose (initialisation, order, loss, optimiser), raise the kind's recipe in
 * kinds.ts and record anew: artifacts made before would otherwise pass for the new ones.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { expect, test } from 'vitest';
import { inputOf, taskOf } from '../make-task.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { encoderKind, ganKind, recipes, scoresKind } from './kinds.ts';
import { fanogan } from './method.ts';
import { smallRun } from './small-run.testing.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { scoreImages } = await import('./score-images.ts');
const { trainEncoder } = await import('./train-encoder.ts');
const { trainGan } = await import('./train-gan.ts');

const tolerance = 2e-3;

const run = await smallRun(5);
/** Files of the artifacts have the same names. */
async function folder(name: string): Promise<string> {
  const path = join(run.data.directory, name);
  await mkdir(path);
  return path;
}
const trained = (await trainGan({ ...run.gan, directory: await folder('gan') }, undisturbed))!;
const gan = inputOf(ganKind.kind, run.gan.spec, trained.files);
const encoderTask = { ...run.encoder, inputs: { gan }, directory: await folder('encoder') };
const inverted = (await trainEncoder(encoderTask, undisturbed))!;
const encoder = inputOf(encoderKind.kind, run.encoder.spec, inverted.files);
const spec = {
  recipe: recipes.scores,
  gan: run.gan.key,
  encoder: run.encoder.key,
  width: run.gan.spec.width,
  ...run.shared,
};
const scored = (await scoreImages(
  taskOf(scoresKind, spec, { ...run.data, inputs: { gan, encoder }, directory: await folder('scores') }),
  undisturbed,
))!;

async function mean(file: string, name: string): Promise<number> {
  const values = decodeSafetensors(await readFile(file)).tensors.get(name)!.data;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const recorded: Record<string, Record<string, [found: number, expected: number]>> = {
  'trained-fanogan': {
    loss: [trained.loss!, 1.3812],
    weights: [await mean(trained.files.weights!, 'generator.norm.running_var'), 2.348],
  },
  'trained-fanogan-encoder': {
    loss: [inverted.loss!, 1.52697],
    weights: [await mean(inverted.files.weights!, 'encoder.block4.norm1.running_var'), 0.708199],
  },
  'scored-fanogan': {
    izif: [await mean(scored.files.scores!, 'izif'), 0.746304],
    residual: [await mean(scored.files.scores!, 'residual'), 0.650099],
    map: [await mean(scored.files.maps!, 'residual'), 0.650099],
  },
};

test('every kind of the method has recorded numbers', () => {
  expect(Object.keys(recorded)).toEqual(fanogan.kinds.map(({ kind }) => kind));
});

test.each(Object.entries(recorded))('numbers of %s are as recorded', (_kind, numbers) => {
  const wrong = Object.entries(numbers).filter(
    ([, [found, expected]]) => !(Math.abs(found / expected - 1) < tolerance),
  );
  expect(wrong.map(([name, [found]]) => `${name}: ${found}`)).toEqual([]);
});
