import {
  allWeights,
  type Claims,
  countLeftOvers,
  digestsOf,
  findLeftOvers,
  type LeftOver,
  type LeftOverReason,
  listDatasets,
  namedWeights,
  type ObjectStore,
  removeLeftOvers,
} from '@ddad/storage';
import { bytesFigure, plural } from '../figures.ts';
import { namedArtifacts } from '../named-artifacts.ts';
import type { ObjectCount } from '../object-count.ts';
import type { Screens } from '../screen.ts';
import { tableLines } from '../table.ts';
import type { TemporalRuns } from '../temporal-runs.ts';

export interface PruneOptions {
  /** Remove what is found; else it is shown only. */
  delete?: boolean;
  /** Artifacts that no run names, and packed images that no name stands for, as well. */
  artifacts?: boolean;
  /** Age of ended attempts and of what was set aside, in milliseconds. */
  olderThan: number;
}

/** What `--json` prints. */
export interface PrunedStore {
  /** Whether it was removed, or only found. */
  deleted: boolean;
  reasons: ReturnType<typeof countLeftOvers>;
  total: ObjectCount;
}

const titles: Record<LeftOverReason, string> = {
  unnamed: 'files that no manifest names',
  finished: 'checkpoints of finished artifacts',
  ended: 'checkpoints of ended attempts',
  'set-aside': 'damaged, set aside',
  unwanted: 'artifacts that no run names',
  nameless: 'packed images that no name stands for',
  trial: 'trials of the store',
};

/** `ddad prune`: shows what the store holds that nobody needs, and removes it on request. */
export async function pruneStore(
  deps: { store: ObjectStore; runs: Pick<TemporalRuns, 'underWay'>; screens: Screens },
  options: PruneOptions,
): Promise<PrunedStore> {
  const { store, runs, screens } = deps;
  const { out, err } = screens;
  let unknown: readonly string[] = [];
  const claims = async (): Promise<Claims> => {
    // In this order: a run that ends meanwhile is among those under way, or has its report.
    const underWay = await runs.underWay();
    unknown = underWay.unknown;
    const named = options.artifacts ? await namedArtifacts(store) : null;
    let packings: Set<string> | null = null;
    if (named !== null) {
      // Weights are no run's: they are wanted while they have a name, or a run that may have begun with them is under way.
      const busy = underWay.underWay.size > 0 || underWay.unknown.length > 0;
      for (const key of await (busy ? allWeights(store) : namedWeights(store))) named.add(key);
      packings = new Set([...digestsOf(await listDatasets(store)), ...underWay.datasets]);
    }
    return { ...underWay, named, packings };
  };
  const judging = { claims, olderThanMs: options.olderThan };
  const found = await findLeftOvers(store, judging);
  const shown: readonly LeftOver[] = options.delete ? await removeLeftOvers(store, found, judging) : found;
  const counts = countLeftOvers(shown);
  const objects = shown.length;
  const bytes = shown.reduce((sum, one) => sum + one.bytes, 0);

  if (unknown.length > 0) {
    const kept = options.artifacts
      ? 'artifacts that no run names, packed images that no name stands for, and checkpoints'
      : 'checkpoints';
    err.write(
      `${kept} of ended attempts are left alone while it is not known what these want: ${unknown.join(', ')}\n`,
    );
  }
  const document = { deleted: options.delete === true, reasons: counts, total: { objects, bytes } };
  if (objects === 0) {
    err.write('nothing is left over\n');
    return document;
  }
  const columns = [
    { heading: options.delete ? 'removed' : 'left over' },
    { heading: 'objects', align: 'right' },
    { heading: 'size', align: 'right' },
  ] as const;
  const rows = counts.map((count) => [titles[count.reason], String(count.objects), bytesFigure(count.bytes)]);
  if (rows.length > 1) rows.push(['together', String(objects), bytesFigure(bytes)]);
  out.write(`${tableLines(columns, rows).join('\n')}\n`);
  if (!options.delete) err.write(`nothing was removed; --delete removes ${plural(objects, 'object')}\n`);
  return document;
}
