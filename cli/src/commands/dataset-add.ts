import {
  type DatasetIndex,
  type DatasetRecord,
  datasetNameSchema,
  defaultImageSize,
  imageSizes,
  type Packing,
  packingsOf,
} from '@ddad/contract';
import { describeCopies, describeMissing, type PackOptions, packDataset } from '@ddad/dataset';
import { type ObjectStore, putDataset, readDatasetRecord } from '@ddad/storage';
import { copiesLines } from '../copies.ts';
import { badInput, CommandFailure, exitCodes } from '../failure.ts';
import { plural } from '../figures.ts';
import { type Screens, styled } from '../screen.ts';
import { StepLine } from '../step-line.ts';
import { type FolderFlags, readFolders } from './dataset-folders.ts';
import { coarseLines, layoutLines, masksText, separationLines } from './dataset-notes.ts';
import { type ReadingOptions, readReading } from './dataset-reading.ts';

export interface DatasetAddOptions
  extends FolderFlags,
    ReadingOptions,
    Pick<PackOptions, 'repartition' | 'only' | 'skipMissing' | 'labels' | 'patients' | 'masks'> {
  name: string;
  /** Directory with data.json and images/, or with folders that say what images are, or with what `repartition` names. */
  directory: string;
  /** Sides that the images are packed at, as they were given; default 64. */
  imageSize?: readonly string[];
  /** Refuse a dataset with copies. */
  strict?: boolean;
  /** Name all groups of copies, not only the first ones. */
  allCopies?: boolean;
}

/** The record of a dataset, and what became of its name. */
export type AddedDataset = DatasetRecord & { change: 'added' | 'unchanged' | 'replaced' };

/**
 * `ddad dataset add`: packs an image directory and stores it under a name. With any fault nothing is added.
 * @throws CommandFailure that lists every fault
 */
export async function addDataset(
  deps: { store: ObjectStore; screens: Screens },
  options: DatasetAddOptions,
): Promise<AddedDataset> {
  const { store, screens } = deps;
  const { err, out } = screens;
  if (options.repartition === undefined && (options.only !== undefined || options.skipMissing)) {
    const message = 'expected with --repartition FILE only: data.json lists files of images/';
    const path = options.only === undefined ? '--skip-missing' : '--only';
    throw badInput('nothing was added', [{ path, message }]);
  }
  const name = datasetNameSchema.safeParse(options.name);
  if (!name.success) {
    const message = `${name.error.issues[0]?.message ?? 'expected another name'}, got "${options.name}"`;
    throw badInput('nothing was added', [{ path: 'NAME', message }]);
  }
  const sizes = readSizes(options.imageSize);
  const reading = readReading(options);
  const folders = readFolders(options);
  if ('faults' in reading || 'faults' in folders) {
    throw badInput(
      'nothing was added',
      [folders, reading].flatMap((one) => ('faults' in one ? one.faults : [])),
    );
  }
  if (options.repartition !== undefined && folders.folders !== undefined) {
    const message = 'expected --repartition or folders that are named, got both';
    throw badInput('nothing was added', [{ path: '--normal', message }]);
  }
  // Asked first, so that a store that is away is known before minutes of reading.
  const before = await readDatasetRecord(store, options.name);

  const line = new StepLine(err);
  const { repartition, only, skipMissing, labels, patients, masks } = options;
  const packed = await packDataset(options.directory, {
    imageSizes: sizes,
    ...reading,
    ...folders,
    repartition,
    only,
    skipMissing,
    labels,
    patients,
    masks,
    onProgress: (done, total) => line.show('reading images', done, total),
    onMaskProgress: (done, total) => line.show('reading masks', done, total),
  }).finally(() => line.clear());
  if ('faults' in packed) {
    throw badInput(`nothing was added: ${options.directory} is at fault`, packed.faults, exitCodes.failed);
  }

  const { index, pixels, digest, others, skipped, separations, sourceSeparations } = packed;
  const notes = layoutLines(packed.layout, packed.passedOver);
  if (notes.length > 0) err.write(`${notes.join('\n')}\n`);
  if (skipped.length > 0) {
    const text = `warning: ${describeMissing(skipped, skipped.length + index.images.length)}; went on without`;
    err.write(`${styled(err, 'yellow', text)}\n`);
  }
  const remedy = 'scale files of different bits alike, or set --range';
  const [coarse, ...coarseImages] = coarseLines(packed.coarse, remedy);
  if (coarse !== undefined) err.write(`${[styled(err, 'yellow', coarse), ...coarseImages].join('\n')}\n`);
  if (index.copies.length > 0) {
    const [heading, ...lines] = copiesLines(
      describeCopies(index),
      options.allCopies ? Number.POSITIVE_INFINITY : 20,
    );
    const refused = options.strict === true;
    const text = [
      styled(err, refused ? 'red' : 'yellow', `${refused ? 'error' : 'warning'}: ${heading}`),
      ...lines,
    ];
    err.write(`${text.join('\n')}\n`);
    if (refused) throw new CommandFailure('nothing was added: --strict refuses a dataset with copies');
  }
  if (options.strict && index.copies.length === 0) err.write('no copies found\n');

  const unchanged = before !== null && sameImages(before, [packed, ...others]);
  const record = await putDataset(store, {
    name: options.name,
    index,
    pixels,
    digest,
    ...(packed.masks === undefined ? {} : { masks: packed.masks }),
    others,
    separations,
    sourceSeparations,
    ...(unchanged ? { addedAt: new Date(before.addedAt) } : {}),
  });
  const { counts } = record;
  const change = before === null ? 'added' : unchanged ? 'already there, unchanged:' : 'replaced';
  const [, ...warnings] = separationLines(separations);
  for (const warning of warnings) err.write(`${styled(err, 'yellow', warning)}\n`);
  const kind = record.synthetic ? ' (synthetic)' : '';
  out.write(
    `${change} dataset ${record.name}${kind}: ${counts.train} normal training images, ` +
      `${counts.unlabeled} unlabeled (${labelled(index.unlabeled)}), ${counts.test} test (${labelled(index.test)}), ` +
      `${counts.validation} validation; ${plural(counts.copies, 'group')} of copies; ${described(index)}${readAs(index)}` +
      `${packingsOf(record).map(packingText).join(', ')}\n`,
  );
  return { ...record, change: before === null ? 'added' : unchanged ? 'unchanged' : 'replaced' };
}

const packingText = ({ imageSize, digest }: Packing) =>
  `${imageSize}×${imageSize} pixels; digest ${digest.slice(0, 12)}`;

function sameImages(before: DatasetRecord, now: readonly { digest: string }[]): boolean {
  const digests = (some: readonly { digest: string }[]) => some.map(({ digest }) => digest).sort();
  return digests(packingsOf(before)).join() === digests(now).join();
}

/** @throws CommandFailure that names every size that nothing is trained at */
function readSizes(given: readonly string[] = [String(defaultImageSize)]): number[] {
  const known: readonly number[] = imageSizes;
  const wrong = given.filter((text) => !known.includes(Number(text)));
  if (wrong.length > 0) {
    const message = `expected any of ${known.join(', ')}, got ${wrong.join(', ')}`;
    throw badInput('nothing was added', [{ path: '--image-size', message }]);
  }
  return given.map(Number).sort((a, b) => a - b);
}

/** `14 pathologies (612 images); 300 patients; masks of 12 of 14 abnormal test images; `, what there is of it. */
function described(index: DatasetIndex): string {
  const { pathologies, patients } = index;
  const parts: string[] = [];
  if (pathologies !== undefined) {
    const images = new Set(pathologies.flatMap((pathology) => pathology.images)).size;
    const kinds = pathologies.length === 1 ? 'pathology' : 'pathologies';
    parts.push(`${pathologies.length} ${kinds} (${plural(images, 'image')})`);
  }
  const numbers = patients?.filter((patient) => patient !== null);
  if (numbers !== undefined) parts.push(plural(new Set(numbers).size, 'patient'));
  const masked = masksText(index);
  if (masked !== null) parts.push(masked);
  return parts.map((part) => `${part}; `).join('');
}

/** `16-bit values 0 to 4095; 12 volumes, axial; `, what is to be known of how files were read. */
function readAs({ channels, range, volumes }: DatasetIndex): string {
  const parts: string[] = [];
  if (channels !== undefined) parts.push(`${channels} channels`);
  if (range !== undefined) parts.push(`16-bit values ${range[0]} to ${range[1]}`);
  if (volumes !== undefined)
    parts.push(`${plural(Object.keys(volumes.windows).length, 'volume')}, ${volumes.axis}`);
  return parts.map((part) => `${part}; `).join('');
}

function labelled(part: {
  labels: 'known' | 'unknown' | 'none';
  normal?: number[];
  abnormal?: number[];
}): string {
  if (part.labels === 'none') return 'none';
  if (part.labels === 'unknown') return 'labels unknown';
  return `${part.normal?.length ?? 0} normal, ${part.abnormal?.length ?? 0} abnormal`;
}
