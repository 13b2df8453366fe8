import { type ObjectStore, removeDataset } from '@ddad/storage';
import { CommandFailure } from '../failure.ts';
import type { Screens } from '../screen.ts';

/**
 * `ddad dataset remove`: takes a dataset's name and, unless another name stands for the same, its images out of the store.
 * Finished runs keep their results.
 * @throws CommandFailure where no dataset has the name
 */
export async function removeDatasetCommand(
  { store, screens }: { store: ObjectStore; screens: Screens },
  name: string,
): Promise<void> {
  const record = await removeDataset(store, name);
  if (record === null) throw new CommandFailure(`no dataset ${name}; "npx ddad dataset list" lists them`);
  screens.out.write(`removed dataset ${name}; digest ${record.digest.slice(0, 12)}\n`);
}
