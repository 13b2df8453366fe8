import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChildResult, inputFile, type MakeTask } from '@ddad/jobs';
import { type ChildContext, goesOn } from '@ddad/jobs/child';
import { readSpecifiedImages } from '@ddad/jobs/images';
import type { Makers } from '@ddad/methods';
import { decodeSafetensors, encodeSafetensors } from '@ddad/storage/safetensors';
import type { MeanSpec, ScoresSpec } from './method.ts';

const environment = { cpu: 'any' };

async function makeMean(task: MakeTask<MeanSpec>, context: ChildContext): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const images = await readSpecifiedImages('normal images', task);
  const area = spec.imageSize ** 2;
  const count = images.length / area;
  const mean = new Float32Array(area);
  let taken = 0;
  context.ready();
  for (let image = 0; image < count; image += spec.every) {
    for (let pixel = 0; pixel < area; pixel += 1) mean[pixel]! += images[image * area + pixel]!;
    taken += 1;
    if (!(await goesOn(context))) return null;
  }
  for (let pixel = 0; pixel < area; pixel += 1) mean[pixel]! /= taken;
  const shape = [spec.imageSize, spec.imageSize];
  const weights = join(directory, 'mean.safetensors');
  await writeFile(weights, encodeSafetensors(new Map([['mean', { shape, data: mean }]])));
  return { files: { weights }, loss: null, seconds: 0, environment };
}

async function score(task: MakeTask<ScoresSpec>, context: ChildContext): Promise<ChildResult | null> {
  const { spec, directory } = task;
  const { imageSize: side } = spec;
  const images = await readSpecifiedImages('test images', task);
  const { tensors } = decodeSafetensors(await readFile(inputFile(task, 'mean', 'weights')));
  const mean = tensors.get('mean')!.data;
  const area = side ** 2;
  const count = images.length / area;
  const maps = images.map((value, at) => Math.abs(value - mean[at % area]!));
  const meanOf = (values: Float32Array) =>
    Float32Array.from({ length: count }, (_, image) => {
      const own = values.subarray(image * area, (image + 1) * area);
      return own.reduce((sum, value) => sum + value, 0) / area;
    });
  context.ready();
  context.progress({ done: count, total: count, loss: null, imagesPerSecond: 0 });
  const files = { scores: join(directory, 'scores'), maps: join(directory, 'maps') };
  const shape = [count];
  await writeFile(
    files.scores,
    encodeSafetensors(
      new Map([
        ['distance', { shape, data: meanOf(maps) }],
        ['brightness', { shape, data: meanOf(images) }],
      ]),
    ),
  );
  await writeFile(
    files.maps,
    encodeSafetensors(new Map([['distance', { shape: [count, side, side], data: maps }]])),
  );
  return { files, loss: null, seconds: 0, environment };
}

export const makers: Makers = { 'trained-mean': makeMean, 'scored-mean': score };
