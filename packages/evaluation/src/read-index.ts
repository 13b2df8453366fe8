import { readFile } from 'node:fs/promises';
import { type DatasetIndex, datasetIndexSchema } from '@ddad/contract';

/** Faults that an error lists. */
const listed = 10;

/**
 * Reads a packed dataset's index.
 * @throws Error naming what is at fault, and no content: names of images stay out of logs
 */
export async function readIndex(path: string): Promise<DatasetIndex> {
  const parsed = datasetIndexSchema.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues
    .slice(0, listed)
    .map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`dataset index: ${faults.join('; ')}`);
}
