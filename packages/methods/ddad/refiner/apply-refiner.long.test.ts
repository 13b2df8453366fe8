import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import type { ChildContext } from '@ddad/jobs/child';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import { expect, test } from 'vitest';
import { inputOf, taskOf } from '../../make-task.testing.ts';
import { longRunning, undisturbed } from '../../undisturbed.testing.ts';
import { area, side, waveImages } from '../../wave-images.testing.ts';
import { refinedKind, refinerKind } from '../kinds.ts';

// TensorFlow reads its settings when it loads.
Object.assign(process.env, tensorflowEnvironment(1));
const { asrNet, initialise, toPyTorch } = await import('@ddad/models');
const { applyRefiner } = await import('./apply-refiner.ts');

/** More than a batch. */
const count = 17;
const { pixels, directory } = await waveImages(count);

async function refine(context: ChildContext): Promise<Map<string, Float32Array> | null> {
  const { parameters } = asrNet({ inputs: 1 });
  const refiner = join(directory, 'refiner.safetensors');
  await writeFile(refiner, encodeSafetensors(toPyTorch(parameters, initialise(parameters, 5))));
  const maps = join(directory, 'maps.safetensors');
  const aIntra = { shape: [count, side, side], data: Float32Array.from(pixels, (grey) => grey / 255) };
  await writeFile(maps, encodeSafetensors(new Map([['aIntra', aIntra]])));
  const inputs = {
    maps: inputOf('maps', { some: 'maps' }, { maps }),
    // What the refiner reads, and how large the maps are, its manifest says.
    refiner: inputOf(refinerKind.kind, { input: 'intra', imageSize: side }, { weights: refiner }),
  };
  const spec = { maps: inputs.maps.manifest.key, refiner: inputs.refiner.manifest.key };
  const task = taskOf(refinedKind, spec, { inputs, directory });
  const made = await applyRefiner(task, context);
  if (made === null) return null;
  const read = async (name: string) =>
    decodeSafetensors(await readFile(made.files[name]!)).tensors.get(name)!.data as Float32Array;
  return new Map([
    ['scores', await read('scores')],
    ['maps', await read('maps')],
  ]);
}

test("an image's refined score is the mean of its refined map", async () => {
  const refined = (await refine(undisturbed))!;
  const maps = refined.get('maps')!;
  expect(maps).toHaveLength(count * area);
  refined.get('scores')!.forEach((score, image) => {
    const own = maps.subarray(image * area, (image + 1) * area);
    const mean = own.reduce((sum, value) => sum + value, 0) / area;
    expect(score / mean).toBeCloseTo(1, 5);
  });
});

test('refines all images where that takes long, and stops when it is told to', async () => {
  expect(await refine(longRunning)).toEqual(await refine(undisturbed));
  expect(await refine({ ...undisturbed, afterStep: async () => 'stop' })).toBeNull();
});
