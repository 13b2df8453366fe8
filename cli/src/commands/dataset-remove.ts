import { type ObjectStore, removeDataset } from '@ddad/storage';
import { noSuchDataset } from '../failure.ts';
import type { Screens } from '../screen.ts';

/**
 * `ddad dataset remove`: takes a dataset's name and, unless another name stands for the same, its images out of the store.
 * Finished runs keep their results.
 * @throws CommandFailure where no dataset has the name
 */
export async function removeDatasetCommand(
  { store, screens }: { store: ObjectStore; screens: Screens },
  name: string,
): Promise<{ name: string; digest: string }> {
  const record = await removeDataset(store, name);
  if (record === null) throw noSuchDataset(name);
  screens.out.write(`removed dataset ${name}; digest ${record.digest.slice(0, 12)}\n`);
  return { name, digest: record.digest };
}
