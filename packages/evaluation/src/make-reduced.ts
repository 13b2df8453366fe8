import { join } from 'node:path';
import { brightness, peakMean, topMean } from '@ddad/anomaly';
import {
  leastBrightness,
  peakWindow,
  type ReducedSpec,
  type Reduction,
  reducedName,
  reductions,
  sourceName,
  topPixels,
} from '@ddad/contract';
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

/** Values of heat maps that are read at a time: 4 MB. */
const pieceValues = 2 ** 20;

/** What a map, [side, side] flattened, gives beside its mean. @param bright brightness of its image, never 0 */
function reduce(map: Float32Array, side: number, bright: number): Record<Reduction, number> {
  const top = topMean(map, topPixels(map.length));
  return { top, peak: peakMean(map, side, peakWindow(side)), relative: top / bright };
}

interface MappedScore {
  score: string;
  tensor: string;
  images: number;
  side: number;
  file: TensorFile;
}

/**
 * What a set of images' maps give beside their means: file `scores`, a tensor [T] a map and reduction. Maps are read in pieces.
 * @throws ChildFault `invalid` with every tensor that is not there, or is no [T,H,H]
 */
export async function makeReduced(
  task: MakeTask<ReducedSpec>,
  context: ChildContext,
): Promise<ChildResult | null> {
  const files: TensorFile[] = [];
  try {
    const mapped: MappedScore[] = [];
    const faults: string[] = [];
    for (const one of task.spec.maps) {
      const file = await openSafetensors(inputFile(task, sourceName(one), 'maps'));
      files.push(file);
      for (const { score, tensor } of one.scores) {
        const shape = file.shapes.get(tensor);
        const [images, height, width] = shape ?? [];
        if (shape?.length === 3 && images !== undefined && height !== undefined && height === width) {
          mapped.push({ score, tensor, images, side: height, file });
          continue;
        }
        const came =
          shape === undefined ? `tensors ${[...file.shapes.keys()].join(', ')}` : `[${shape.join(', ')}]`;
        faults.push(`${one.kind} ${one.key}: maps ${tensor}: expected shape [T, H, H], got ${came}`);
      }
    }
    for (const { score, images } of mapped)
      if (images !== task.images.length)
        faults.push(`${score}: expected maps of ${task.images.length} images, got ${images}`);
    if (faults.length > 0) throw new ChildFault('invalid', faults.join('; '));
    context.ready();
    const bright = await brightnessOf(task);
    const most = Math.max(0, ...mapped.map(({ images }) => images));
    const pace = new JobPace(
      context,
      most,
      mapped.reduce((sum, { images }) => sum + images, 0),
    );
    const tensors = new Map<string, NamedTensor>();
    for (const one of mapped) {
      for (const [name, data] of await reducedScores(one, bright, pace)) {
        tensors.set(name, { shape: [one.images], data });
      }
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

/**
 * Of the task's images, in their order; of a black one what `relative` takes in its place.
 * @throws ChildFault `invalid` where the images are not those of the specification
 */
async function brightnessOf(task: MakeTask<ReducedSpec>): Promise<Float64Array> {
  const area = task.spec.imageSize ** 2;
  const found = new Float64Array(task.images.length);
  await readPieces('images', task, (piece, at) => {
    for (let from = 0; from < piece.length; from += area)
      found[(at + from) / area] = Math.max(leastBrightness, brightness(piece.subarray(from, from + area)));
  });
  return found;
}

async function reducedScores(
  { score, tensor, images, side, file }: MappedScore,
  bright: Float64Array,
  pace: JobPace,
): Promise<[name: string, scores: Float32Array][]> {
  const area = side * side;
  const found = reductions.map((reduction) => ({ reduction, scores: new Float32Array(images) }));
  const atOnce = Math.max(1, Math.floor(pieceValues / area));
  for (let first = 0; first < images; first += atOnce) {
    const count = Math.min(atOnce, images - first);
    const values = await file.read(tensor, first, count);
    for (let image = 0; image < count; image += 1) {
      const map = values.subarray(image * area, (image + 1) * area);
      const reduced = reduce(map, side, bright[first + image]!);
      for (const { reduction, scores } of found) scores[first + image] = reduced[reduction];
    }
    await pace.advanceOrStop(count);
  }
  return found.map(({ reduction, scores }) => [reducedName(score, reduction), scores]);
}
