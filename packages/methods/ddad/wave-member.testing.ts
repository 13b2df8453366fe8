import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backbone, shapesOf, toPyTorch } from '@ddad/models';
import { encodeSafetensors } from '@ddad/storage/safetensors';
import type { Backbone } from './settings.ts';

// Members whose weights are made up, so that the recipe of members has no part in what is recorded of others.

/** Small weights in waves. */
export function waveMember(directory: string, name: Backbone, number: number): Promise<string> {
  const path = join(directory, `wave-${name}-${number}.safetensors`);
  return writeMember(path, name, () => (i) => 0.1 * Math.sin(number + i * 0.7));
}

/** Weights without order, as large as those of a new network: what lies between its ends has a say in its images. */
export function noiseMember(directory: string, name: Backbone, number: number): Promise<string> {
  const path = join(directory, `noise-${name}-${number}.safetensors`);
  return writeMember(path, name, (fanIn) => {
    const bound = Math.sqrt(6 / fanIn);
    return (i) => {
      const noise = Math.sin(number + i * 12.9898) * 43758.5453;
      return bound * (2 * (noise - Math.floor(noise)) - 1);
    };
  });
}

async function writeMember(
  path: string,
  name: Backbone,
  weightOf: (fanIn: number) => (i: number) => number,
): Promise<string> {
  const { parameters } = backbone(name, 64);
  const { trainable, buffers } = shapesOf(parameters);
  const tensors = new Map(
    Object.entries({ ...trainable, ...buffers }).map(([key, shape]) => {
      const size = shape.reduce((product, side) => product * side, 1);
      const value = weightOf(size / shape.at(-1)!);
      const isVariance = key.endsWith('running_var');
      return [
        key,
        { shape, data: Float32Array.from({ length: size }, (_, i) => (isVariance ? 1 : value(i))) },
      ];
    }),
  );
  await writeFile(path, encodeSafetensors(toPyTorch(parameters, tensors), { format: 'pt' }));
  return path;
}
