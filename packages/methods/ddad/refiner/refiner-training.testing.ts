import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imagesDigest } from '@ddad/dataset';
import type { ChildResult, MakeTask } from '@ddad/jobs';
import { taskOf } from '../../make-task.testing.ts';
import { phantomPixels } from '../../phantom-pixels.testing.ts';
import { undisturbed } from '../../undisturbed.testing.ts';
import { type RefinerSpec, recipes, refinerKind } from '../kinds.ts';
import { memberInputs, memberKeys } from '../member-inputs.testing.ts';

const { trainRefiner } = await import('./train-refiner.ts');
const { waveMember } = await import('../wave-member.testing.ts');

/** A training of ASR-Net on eight images by three made-up members. */
export interface RefinerTraining {
  directory: string;
  task: MakeTask<RefinerSpec>;
  /** Trains undisturbed. @throws where it was stopped */
  train(
    change?: Partial<MakeTask<RefinerSpec>>,
  ): Promise<{ result: ChildResult; weights: Buffer; sha256: string }>;
  remove(): Promise<void>;
}

/** To be loaded once TensorFlow has its settings. */
export async function refinerTraining(): Promise<RefinerTraining> {
  const directory = await mkdtemp(join(tmpdir(), 'ddad-refiner-'));
  const { index, pixels, path } = await phantomPixels(directory, 8);
  const member = (number: number) => waveMember(directory, 'ae', number);
  const members = {
    ndm: [await member(1), await member(2)],
    udm: [await member(3)],
  };
  const spec: RefinerSpec = {
    recipe: recipes.refiner,
    backbone: 'ae',
    input: 'dual',
    ...memberKeys(members),
    seed: 1234,
    epochs: 1,
    batchSize: 4,
    learningRate: 1e-4,
    weightDecay: 1e-4,
    imagesDigest: imagesDigest(pixels, index.imageSize, index.train),
    imageSize: index.imageSize,
  };
  const images = index.train;
  const task = taskOf(refinerKind, spec, { inputs: memberInputs(members), pixels: path, images, directory });
  return {
    directory,
    task,
    async train(change = {}) {
      const result = await trainRefiner({ ...task, ...change }, undisturbed);
      if (result === null) throw new Error('expected a refiner, was stopped');
      const weights = await readFile(result.files.weights!);
      return { result, weights, sha256: createHash('sha256').update(weights).digest('hex') };
    },
    remove: () => rm(directory, { recursive: true }),
  };
}
