import { join } from 'node:path';
import { reduceMaps } from '@ddad/anomaly';
import { type ReducedSpec, type Reduction, reducedName, reductions, sourceName } from '@ddad/contract';
import type { ChildResult } from '@ddad/jobs';
import { type ChildContext, ChildFault } from '@ddad/jobs/child';
import { readPieces } from '@ddad/jobs/images';
import { inputFile, type MakeTask } from '@ddad/jobs/task';
import {
  type NamedTensor,
  openSafetensors,
  type TensorFile,
  writeSafetensors,
} from '@ddad/storage/safetensors';
import { JobPace, plainEnvironment, Stopped } from './job-pace.ts';

/** A score whose map is read, and what is made of it, by reduction: [T]. */
interface MappedScore {
  score: string;
  tensor: string;
  file: TensorFile;
  reduced: { reduction: Reduction; scores: Float32Array }[];
}

/**
 * What a set of images' maps give beside their means: file `scores`, a tensor [T] a map and reduction. Images and maps are read in pieces.
 * @throws ChildFault `invalid` with every tensor that is not there, or is no map [T,H,H] of the images
 */
export async function makeReduced(
  task: MakeTask<ReducedSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const files: TensorFile[] = [];
  try {
    const mapped: MappedScore[] = [];
    const faults: string[] = [];
    const { imageSize: side, maps } = task.spec;
    const shape = [task.images.length, side, side].join(', ');
    for (const one of maps) {
      const file = await openSafetensors(inputFile(task, sourceName(one), 'maps'));
      files.push(file);
      for (const { score, tensor } of one.scores) {
        const found = file.shapes.get(tensor);
        if (found?.join(', ') === shape) {
          mapped.push({ score, tensor, file, reduced: emptyScores(task.images.length) });
          continue;
        }
        const came =
          found === undefined ? `tensors ${[...file.shapes.keys()].join(', ')}` : `[${found.join(', ')}]`;
        faults.push(
          `${one.kind} ${one.key}: maps ${tensor} of ${score}: expected shape [${shape}], got ${came}`,
        );
      }
    }
    if (faults.length > 0) throw new ChildFault('invalid', faults.join('; '));
    context.ready();
    const pace = new JobPace(context, task.images.length, mapped.length * task.images.length);
    await readPieces('images', task, async (pixels, at) => {
      for (const one of mapped)
        await reducePiece(one, pixels, at / side ** 2, pixels.length / side ** 2, pace);
    });
    const tensors = new Map<string, NamedTensor>();
    for (const { score, reduced } of mapped) {
      for (const { reduction, scores } of reduced)
        tensors.set(reducedName(score, reduction), { shape: [scores.length], data: scores });
    }
    const scores = join(task.directory, 'scores.safetensors');
    await writeSafetensors(scores, tensors);
    return { files: { scores }, loss: null, seconds: pace.seconds, environment: plainEnvironment() };
  } catch (error) {
    if (error instanceof Stopped) return null;
    throw error;
  } finally {
    for (const file of files) await file.close();
  }
}

const emptyScores = (images: number): MappedScore['reduced'] =>
  reductions.map((reduction) => ({ reduction, scores: new Float32Array(images) }));

/** @param pixels of `count` images, the first of which is number `first` */
async function reducePiece(
  { tensor, file, reduced }: MappedScore,
  pixels: Uint8Array,
  first: number,
  count: number,
  pace: JobPace,
): Promise<void> {
  const found = reduceMaps(await file.read(tensor, first, count), pixels, count);
  for (const { reduction, scores } of reduced)
    scores.set(
      found.map((of) => of[reduction]),
      first,
    );
  await pace.advanceOrStop(count);
}
