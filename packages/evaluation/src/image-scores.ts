import { type EvaluatedSource, sourceName } from '@ddad/contract';

import { ChildFault } from '@ddad/jobs/child';
import { inputFile, type MakeTask } from '@ddad/jobs/task';
import { openSafetensors, type TensorFile } from '@ddad/storage/safetensors';

/** A score of a set of images. */
export interface ImageScore {
  /** By image. */
  values: Float32Array;
  /** Of every network, where it is one network's score. */
  each: Float32Array[] | null;
}

/** Scores of a set of images, by name. */
export type ImageScores = ReadonlyMap<string, ImageScore>;

/**
 * Reads scores from the artifacts that hold them.
 * @param sources of one set of images
 * @param names in the order in which the scores are wanted
 * @param images how many there are, or how many at least
 * @throws ChildFault `invalid` with every tensor that is not there, or has scores of another number of images
 */
export async function readImageScores(
  task: Pick<MakeTask, 'kind' | 'inputs'>,
  sources: readonly EvaluatedSource[],
  names: readonly string[],
  images: { exactly: number } | { atLeast: number },
): Promise<ImageScores> {
  const faults: string[] = [];
  const found = new Map<string, ImageScore>();
  for (const source of inOrder(sources, names)) {
    const name = sourceName(source);
    const file = await openSafetensors(inputFile(task, name, 'scores'));
    try {
      const read = async (tensor: string) => {
        const fault = tensorFault(file, tensor, images);
        if (fault === null) return await file.read(tensor);
        faults.push(`${source.kind} ${source.key}: ${fault}`);
        return new Float32Array();
      };
      const values = await read(source.tensor);
      const each: Float32Array[] = [];
      for (const tensor of source.each ?? []) each.push(await read(tensor));
      found.set(source.score, { values, each: source.each === undefined ? null : each });
    } finally {
      await file.close();
    }
  }
  if (faults.length > 0) throw new ChildFault('invalid', [...new Set(faults)].join('; '));
  return found;
}

/** @throws ChildFault `invalid` on a score that is not wanted, or comes twice */
function inOrder(sources: readonly EvaluatedSource[], names: readonly string[]): EvaluatedSource[] {
  const odd = sources.filter(
    ({ score }, place) =>
      !names.includes(score) || sources.findIndex((source) => source.score === score) < place,
  );
  if (odd.length > 0) {
    const scores = odd.map(({ score }) => score).join(', ');
    throw new ChildFault('invalid', `sources: expected each of ${names.join(', ')} once, got ${scores}`);
  }
  return sources.toSorted((a, b) => names.indexOf(a.score) - names.indexOf(b.score));
}

function tensorFault(
  { shapes }: TensorFile,
  tensor: string,
  images: { exactly: number } | { atLeast: number },
): string | null {
  const shape = shapes.get(tensor);
  if (shape === undefined) return `expected a tensor ${tensor}, got ${[...shapes.keys()].join(', ')}`;
  const [count = 0, ...rest] = shape;
  const right = 'exactly' in images ? count === images.exactly : count >= images.atLeast;
  if (rest.length === 0 && shape.length === 1 && right) return null;
  const expected = 'exactly' in images ? `[${images.exactly}]` : `[${images.atLeast}] or more`;
  return `${tensor}: expected shape ${expected}, got [${shape.join(', ')}]`;
}

/** The values alone, by name. */
export function valuesOf(scores: ImageScores): Record<string, Float32Array> {
  return Object.fromEntries([...scores].map(([name, { values }]) => [name, values]));
}
