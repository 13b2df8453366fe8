import { join } from 'node:path';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { type BenchSettings, type Figure, jsonLines } from '../figures.ts';

/** Resident size at most, in GiB. */
const target = 1.2;

/** The largest resident size of a training process, with as many images as the Brain Tumor benchmark has. */
export async function* part({ threads }: BenchSettings): AsyncGenerator<Figure> {
  for (const what of ['ae', 'aeu', 'memae', 'dual']) {
    const script = join(import.meta.dirname, 'memory-process.ts');
    const [figure] = await jsonLines(process.execPath, [script, what], tensorflowEnvironment(threads));
    yield { ...figure, target };
  }
}
