import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { DatasetIndex, DatasetRecord } from '@ddad/contract';
import { type DatasetDescription, describeDataset, greyPixels } from '@ddad/dataset';
import { type ObjectStore, readDatasetIndex, readDatasetPixels, readDatasetRecord } from '@ddad/storage';
import { copiesLines } from '../copies.ts';
import { noSuchDataset } from '../failure.ts';
import { plural } from '../figures.ts';
import { tryDirectory } from '../output-place.ts';
import type { Screens } from '../screen.ts';
import { StepLine } from '../step-line.ts';
import { tableLines } from '../table.ts';
import { masksText, separationLines } from './dataset-notes.ts';
import { show } from './report.ts';

/** Images drawn from each list for the page; equal calls show equal ones. */
const drawing = { sample: 48, seed: 1 };
/** Groups named in the terminal. */
const namedGroups = 5;

export interface DatasetShowDeps {
  store: ObjectStore;
  screens: Screens;
  /** Shows a file in the user's browser. Rejects where that is not possible. */
  openFile: (path: string) => Promise<void>;
}

/**
 * `ddad dataset show`: what a stored dataset holds, from its packed form; in the terminal and, with `out` or `open`, as a
 * page.
 * @param options.out directory for NAME.html; with `open` alone the working directory
 * @throws CommandFailure where no dataset has the name
 */
export async function showDataset(
  deps: DatasetShowDeps,
  options: {
    name: string;
    out?: string | undefined;
    open?: boolean | undefined;
    allCopies?: boolean | undefined;
    cwd: string;
  },
): Promise<object> {
  const { store, screens } = deps;
  const directory = resolve(options.cwd, options.out ?? '.');
  const page = options.out !== undefined || options.open === true;
  if (page) await tryDirectory('--out', directory);
  const record = await readDatasetRecord(store, options.name);
  if (record === null) throw noSuchDataset(options.name);
  const index = await readDatasetIndex(store, record.digest);
  // Grey levels are what is described; colours are shown in grey too.
  const pixels = greyPixels(index, await readDatasetPixels(store, record.digest));
  const description = described(screens, index, pixels);
  const limit = options.allCopies ? Number.POSITIVE_INFINITY : namedGroups;
  screens.out.write(`${datasetLines(record, index, description, limit).join('\n')}\n`);
  const facts = datasetFacts(record, index, description);
  if (!page) return facts;
  // Charts and pictures take a second to load, which no other command should wait for.
  const { buildDatasetPage } = await import('@ddad/report');
  const file = join(directory, `${record.name}.html`);
  await writeFile(file, await buildDatasetPage({ record, index, pixels, description }));
  screens.out.write(`\n${file}\n`);
  if (options.open) await show(deps, file);
  return { ...facts, page: file };
}

/** Says on a terminal how far it is: of tens of thousands of images every pair is compared. */
function described({ err }: Screens, index: DatasetIndex, pixels: Uint8Array): DatasetDescription {
  const line = new StepLine(err);
  try {
    return describeDataset(index, pixels, {
      ...drawing,
      onProgress(step, done, total) {
        if (step === 'hashing') line.show('hashing images', done, total);
        else line.show('comparing images', done, total, `${Math.floor((100 * done) / total)} %`);
      },
    });
  } finally {
    line.clear();
  }
}

/** What `--json` prints; names of images are in it. */
function datasetFacts(record: DatasetRecord, index: DatasetIndex, description: DatasetDescription): object {
  const { places, pathologies, patients, copies, nearCopies, separations, outliers } = description;
  const { imageSize, channels = 1, range, volumes } = index;
  const families = ({ groups, testInTraining }: DatasetDescription['copies']) => ({
    testInTraining,
    groups: groups.map((group) => group.map(({ image, place }) => ({ image, place }))),
  });
  return {
    ...record,
    imageSize,
    channels,
    ...(range === undefined ? {} : { range }),
    ...(volumes === undefined ? {} : { volumes }),
    lists: places.map(({ place, images, mean, deviation, patients: known }) => ({
      list: place,
      images: images.length,
      meanGrey: mean,
      deviation,
      patients: known,
    })),
    pathologies: pathologies.map(({ name, images }) => ({ name, images: Object.fromEntries(images) })),
    masks: index.masks?.images.length ?? 0,
    patients,
    copies: families(copies),
    nearCopies: families(nearCopies),
    separations: [...separations, ...(record.separations ?? [])],
    outliers: outliers.map(({ image, why, distance }) => ({ image, why, distance })),
  };
}

function datasetLines(
  record: DatasetRecord,
  index: DatasetIndex,
  { places, pathologies, patients, copies, nearCopies, separations, outliers }: DatasetDescription,
  limit: number,
): string[] {
  const { imageSize, channels = 1 } = index;
  const kind = record.synthetic ? ' (synthetic images)' : '';
  const columns = [
    { heading: 'list' },
    { heading: 'images', align: 'right' },
    { heading: 'KiB', align: 'right' },
    { heading: 'mean grey', align: 'right' },
    { heading: 'deviation', align: 'right' },
    ...(patients === null ? [] : [{ heading: 'patients', align: 'right' } as const]),
  ] as const;
  const rows = places.map((part) => [
    part.place,
    String(part.images.length),
    ((part.images.length * imageSize ** 2 * channels) / 1024).toFixed(0),
    part.mean.toFixed(1),
    part.deviation.toFixed(1),
    ...(patients === null ? [] : [String(part.patients)]),
  ]);
  const lines = [
    `${record.name}${kind}: ${plural(index.images.length, 'image')}, ${imageSize}×${imageSize} ${index.channels === undefined ? 'grey' : 'colour'}, ` +
      `digest ${record.digest.slice(0, 12)}`,
    '',
    ...tableLines(columns, rows),
  ];
  if (pathologies.length > 0) {
    const headings = [
      { heading: 'pathology' },
      ...places.map(({ place }) => ({ heading: place, align: 'right' as const })),
    ];
    const counts = pathologies.map(({ name, images }) => [
      name,
      ...places.map(({ place }) => String(images.get(place) ?? 0)),
    ]);
    lines.push('', ...tableLines(headings, counts));
  }
  const masked = masksText(index);
  if (masked !== null) lines.push('', masked);
  if (patients !== null) lines.push('', `${plural(patients, 'patient')}, each in one part`);
  lines.push('', ...(copies.groups.length > 0 ? copiesLines(copies, limit) : ['no copies']));
  lines.push(
    '',
    ...(nearCopies.groups.length > 0 ? copiesLines(nearCopies, limit, nearCopyWords) : ['no near-copies']),
  );
  const trivial = separationLines([...separations, ...(record.separations ?? [])]);
  if (trivial.length > 0) lines.push('', ...trivial);
  if (index.train.length > 0) lines.push('', ...outlierLines(outliers, limit));
  return lines;
}

/** Normal training images that somebody should look at before anything is trained on them. */
function outlierLines(outliers: DatasetDescription['outliers'], limit: number): string[] {
  if (outliers.length === 0) return ['no normal training image is unlike the others by its grey levels'];
  const shown = outliers.slice(0, limit).map(({ image, why, distance }) => {
    const what = why === 'empty' ? 'empty' : `${distance.toFixed(0)} grey levels from the typical image`;
    return `  ${image}: ${what}`;
  });
  const more = outliers.length - shown.length;
  return [
    `${plural(outliers.length, 'normal training image')} unlike the others by grey levels:`,
    ...shown,
    ...(more > 0 ? [`  and ${more} more; --all-copies names them`] : []),
  ];
}

const nearCopyWords = { one: 'family', many: 'families', what: 'near-copies' };
