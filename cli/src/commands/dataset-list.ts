import { type DatasetRecord, packingsOf } from '@ddad/contract';
import { listDatasets, type ObjectStore } from '@ddad/storage';
import { moment } from '../figures.ts';
import type { Screens } from '../screen.ts';
import { tableLines } from '../table.ts';

/** `ddad dataset list`: the datasets in the store, by name. */
export async function listDatasetsCommand(deps: {
  store: ObjectStore;
  screens: Screens;
}): Promise<DatasetRecord[]> {
  const { out, err } = deps.screens;
  const records = await listDatasets(deps.store);
  if (records.length === 0) {
    err.write('no datasets yet; add one with: npx ddad dataset add NAME DIR\n');
    return records;
  }
  const columns = [
    { heading: 'name' },
    { heading: 'train', align: 'right' },
    { heading: 'unlabeled', align: 'right' },
    { heading: 'test', align: 'right' },
    { heading: 'validation', align: 'right' },
    { heading: 'copies', align: 'right' },
    { heading: 'size' },
    { heading: 'digest' },
    { heading: 'added' },
    { heading: '' },
  ] as const;
  const rows = records.map(({ name, counts, digest, packings, addedAt, synthetic }) => [
    name,
    ...[counts.train, counts.unlabeled, counts.test, counts.validation, counts.copies].map(String),
    packingsOf({ digest, packings })
      .map(({ imageSize }) => imageSize)
      .join(', '),
    digest.slice(0, 12),
    moment(new Date(addedAt)),
    synthetic ? 'synthetic' : '',
  ]);
  out.write(`${tableLines(columns, rows).join('\n')}\n`);
  return records;
}
