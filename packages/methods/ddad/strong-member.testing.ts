import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { backbone, initialise, toPyTorch } from '@ddad/models';
import { encodeSafetensors } from '@ddad/storage/safetensors';
import { side } from '../wave-images.testing.ts';
import type { Backbone } from './settings.ts';

/** A member that was not trained, with a strong last layer: otherwise its output is next to nothing, and its σ² next to 1. */
export async function strongMember(directory: string, name: Backbone, seed: number) {
  const model = backbone(name, side);
  const weights = initialise(model.parameters, seed);
  const last = weights.get('decoder.9.weight')!.data;
  last.forEach((value, i) => {
    last[i] = 300 * value;
  });
  const path = join(directory, `${name}-${seed}.safetensors`);
  await writeFile(path, encodeSafetensors(toPyTorch(model.parameters, weights)));
  return { model, weights, path };
}
