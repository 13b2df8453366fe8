import type { Fault } from '@ddad/contract';
import type { PackOptions } from '@ddad/dataset';

/** What folders without data.json hold, as options of `dataset add` and `dataset init` say it. */
export interface FolderFlags {
  normal?: readonly string[];
  abnormal?: readonly string[];
  unlabeled?: readonly string[];
  split?: string;
  seed?: string;
}

/** @returns what the options say, or every fault */
export function readFolders(
  flags: FolderFlags,
): Pick<PackOptions, 'folders' | 'split'> | { faults: Fault[] } {
  const faults: Fault[] = [];
  const { normal, abnormal, unlabeled, split, seed } = flags;
  const [share, number] = [Number(split), Number(seed)];
  if (split !== undefined && !(split.trim() !== '' && share > 0 && share < 1)) {
    faults.push({ path: '--split', message: `expected a share between 0 and 1, got ${split}` });
  }
  if (
    seed !== undefined &&
    !(seed.trim() !== '' && Number.isInteger(number) && number >= 0 && number < 2 ** 31)
  ) {
    faults.push({ path: '--seed', message: `expected a whole number of 0 to 2147483647, got ${seed}` });
  }
  if (faults.length > 0) return { faults };
  const named = [normal, abnormal, unlabeled].some((folders) => folders !== undefined);
  const splits = split !== undefined || seed !== undefined;
  return {
    ...(named
      ? { folders: { normal: normal ?? [], abnormal: abnormal ?? [], unlabeled: unlabeled ?? [] } }
      : {}),
    ...(splits
      ? {
          split: {
            ...(split === undefined ? {} : { share }),
            ...(seed === undefined ? {} : { seed: number }),
          },
        }
      : {}),
  };
}
