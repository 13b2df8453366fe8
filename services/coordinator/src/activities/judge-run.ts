import {
  type DatasetRecord,
  defaultFalsePositiveRate,
  defaultImageSize,
  defaultMethod,
  type Fault,
  imageSizeFaults,
  isObject,
  layoutFaults,
  leastHeldOut,
  type Method,
  type Packing,
  type PlanBasis,
  type PretrainedWeights,
  packingsOf,
  type RunSettings,
  readableCommonFields,
  readableFields,
} from '@ddad/contract';
import type { MethodRegistry } from '@ddad/methods';
import { type DatasetCatalog, type RunImages, referenceImages } from '../dataset-catalog.ts';
import { selectionOf } from '../run-selection.ts';
import { type PresentTrainer, settledTrainers } from './settled-trainers.ts';

export interface JudgeDeps {
  methods: MethodRegistry;
  catalog: DatasetCatalog;
  /** Trainers that are there now. */
  presentTrainers: () => readonly PresentTrainer[];
  now: () => number;
}

/** A run's input that fits the schema and the dataset, and what it is about. */
export interface JudgedRun {
  input: RunSettings;
  method: Method;
  dataset: FoundDataset;
  /** Key of the pretrained weights that it begins with; absent where it names none. */
  pretrained?: string;
}

interface FoundDataset {
  digest: string;
  synthetic: boolean;
  images: RunImages;
}

/**
 * Checks a run's input against its method's schema and the dataset, and settles what is left to the coordinator.
 * @param wanted.choice whether the run is to be compared by the AUC of unlabeled against held-out normal images
 * @returns every fault where there are any
 */
export async function judgeRun(
  deps: JudgeDeps,
  raw: unknown,
  wanted: { choice: boolean } = { choice: false },
): Promise<JudgedRun | { faults: Fault[] }> {
  const parsed = deps.methods.parseRunInput(raw);
  const faults: Fault[] = 'faults' in parsed ? [...parsed.faults] : [];
  const given = isObject(raw) ? raw : {};
  const method = deps.methods.find(String(given.method ?? defaultMethod));
  const dataset = await checkAgainstDataset(deps.catalog, method, given, wanted, faults);
  // A faulty field does not keep the weights from being checked.
  const asked = method?.pretrained?.(readableFields(method.schema, given)) ?? null;
  const pretrained = asked === null ? null : await findWeights(deps.catalog, asked, faults);
  if ('faults' in parsed || faults.length > 0 || dataset === null || method === null) return { faults };
  const surroundings = { settledTrainers: settledTrainers(deps.presentTrainers(), deps.now()) };
  const settled = method.settle?.(parsed.input, surroundings) ?? { settings: parsed.input };
  if ('faults' in settled) return settled;
  const weights = pretrained === null ? {} : { pretrained };
  return { input: settled.settings, method, dataset, ...weights };
}

/** What the keys of a run that was judged follow from; reads the dataset's pixels where their digests are not known. */
export async function basisOfJudged(
  catalog: DatasetCatalog,
  { input, dataset: { digest, images }, pretrained }: JudgedRun,
): Promise<PlanBasis> {
  const digests = await catalog.digests(digest, selectionOf(input), images);
  const facts = (of: string | null, count: number) => (of === null ? null : { digest: of, count });
  const { normal, unlabeled, test } = images;
  return {
    settings: input,
    datasetDigest: digest,
    imageSize: images.imageSize,
    images: {
      normal: facts(digests.normal, normal.length),
      training: facts(digests.normalAndUnlabeled, normal.length + unlabeled.length),
      test: facts(digests.test, test.length),
      reference: facts(digests.reference, referenceImages(images).length),
    },
    judged: images.judged,
    ...(images.masks === undefined ? {} : { masks: images.masks }),
    ...(pretrained === undefined ? {} : { pretrained }),
    retries: {},
    lost: [],
  };
}

/** Looks the dataset up and adds what does not fit it to `faults`; null where there are no images to plan with. */
async function checkAgainstDataset(
  catalog: DatasetCatalog,
  method: Method | null,
  given: Record<string, unknown>,
  wanted: { choice: boolean },
  faults: Fault[],
): Promise<FoundDataset | null> {
  // A faulty field does not keep the others from being checked.
  const { fields, faulty } = readableCommonFields(given, method?.schema.shape);
  const { dataset, calibration } = fields;
  if (dataset === undefined) return null;
  const record = await catalog.record(dataset);
  if (record === null) {
    faults.push({ path: 'dataset', message: await unknownDataset(catalog, dataset) });
    return null;
  }
  const size = faulty.has('imageSize') ? null : fields.imageSize;
  const packing = packingFor(record, size, faults);
  const held = selectionOf(calibration === undefined ? {} : { calibration });
  const selectable = !faulty.has('unlabeled') && !faulty.has('anomalousRate');
  let images = await catalog.images(packing.digest, selectable ? selectionOf(fields) : held);
  if ('faults' in images) {
    faults.push(...images.faults);
    // D_n does not depend on the selection: the batch sizes can be judged all the same.
    images = await catalog.images(packing.digest, held);
    if ('faults' in images) return null;
  }
  const normals = images.normal.length;
  if (normals < 2) {
    faults.push({
      path: 'dataset',
      message: `expected at least 2 normal training images (a synthetic patch comes from another image), got ${normals}`,
    });
  }
  // Other training sets hold the normal images too, so that this is the smallest bound.
  for (const { path, size } of method?.batchSizes?.(given) ?? []) {
    if (size <= normals) continue;
    const message = `expected at most ${normals}, the number of normal training images of ${dataset}, got ${size}`;
    faults.push({ path, message });
  }
  // A size that was asked for is judged with the input itself, and one that has to be named is nobody's yet.
  if (method !== null && size === undefined && usualPacking(record) !== undefined)
    faults.push(...imageSizeFaults(method, images.imageSize));
  if (method?.usesUnlabeled === false) faults.push(...unlabeledFaults(method, fields));
  const fault = heldOutFault(fields, images.heldOut.length);
  if (fault !== null) faults.push(fault);
  if (wanted.choice) faults.push(...choiceFaults(record.name, fields, faulty, images));
  return { digest: packing.digest, synthetic: record.synthetic, images };
}

/** Unlabeled images asked of a method that has no use for them. */
function unlabeledFaults({ name }: Method, { unlabeled, anomalousRate }: Partial<RunSettings>): Fault[] {
  const faults: Fault[] = [];
  const message = (got: number) =>
    `expected none with method ${name}, which learns from normal images alone, got ${got}`;
  if (unlabeled !== undefined && unlabeled > 0)
    faults.push({ path: 'unlabeled', message: message(unlabeled) });
  if (anomalousRate !== undefined) faults.push({ path: 'anomalousRate', message: message(anomalousRate) });
  return faults;
}

/** Images that a choice without labels is made by, and that the run has not. A field that cannot be read has its own fault. */
function choiceFaults(
  dataset: string,
  { unlabeled }: Partial<RunSettings>,
  faulty: ReadonlySet<string>,
  images: RunImages,
): Fault[] {
  const faults: Fault[] = [];
  if (images.heldOut.length === 0 && !faulty.has('calibration')) {
    const message =
      'expected held-out normal images, against which unlabeled ones are compared to choose (from "calibration", a share of the ' +
      `normal training images, or the dataset's validation images), got none`;
    faults.push({ path: 'calibration', message });
  }
  if (images.unlabeled.length === 0 && !faulty.has('unlabeled')) {
    const got = unlabeled === 0 ? '0' : `none in ${dataset}`;
    const message = `expected unlabeled images, which are compared with held-out normal ones to choose, got ${got}`;
    faults.push({ path: 'unlabeled', message });
  }
  return faults;
}

/**
 * The packing that a run takes: that of the size asked for, else the usual one. A size that is not there is a fault, and so is none where
 * there is no usual one.
 * @param imageSize undefined where none is asked for; null where what is asked for cannot be read, which has its own fault
 * @returns where it is a fault any one, so that all else can be judged
 */
function packingFor(record: DatasetRecord, imageSize: number | undefined | null, faults: Fault[]): Packing {
  const packings = packingsOf(record);
  const usual = usualPacking(record);
  const asked = imageSize === undefined ? usual : packings.find((packing) => packing.imageSize === imageSize);
  if (asked !== undefined) return asked;
  const sizes = packings.map((packing) => packing.imageSize).join(' or ');
  const others = `"ddad dataset add ${record.name} DIR --image-size ..." packs it at others`;
  if (imageSize === undefined) {
    const message = `expected ${sizes}: ${record.name} is packed at several sizes, and not at ${defaultImageSize} (${others}), got none`;
    faults.push({ path: 'imageSize', message });
  } else if (imageSize !== null) {
    const message = `expected ${sizes}, which ${record.name} is packed at (${others}), got ${imageSize}`;
    faults.push({ path: 'imageSize', message });
  }
  return usual ?? packings[0]!;
}

/** The packing of a run that asks for no size: that of 64, else the only one; undefined where there are several others. */
function usualPacking(record: DatasetRecord): Packing | undefined {
  const packings = packingsOf(record);
  const usual = packings.find((packing) => packing.imageSize === defaultImageSize);
  return usual ?? (packings.length === 1 ? packings[0] : undefined);
}

/** Too few held-out normal images for the threshold that was asked for; null where there are enough, or none was. */
function heldOutFault(
  { calibration = 0, falsePositiveRate }: Partial<RunSettings>,
  heldOut: number,
): Fault | null {
  if (calibration === 0 && falsePositiveRate === undefined) return null;
  const rate = falsePositiveRate ?? defaultFalsePositiveRate;
  const least = leastHeldOut(rate);
  if (heldOut >= least) return null;
  return {
    path: calibration > 0 ? 'calibration' : 'falsePositiveRate',
    message:
      `expected at least ${least} held-out normal images for a false-positive rate of ${rate} (from "calibration", ` +
      `a share of the normal training images, or the dataset's validation images), got ${heldOut}`,
  };
}

async function unknownDataset(catalog: DatasetCatalog, name: string): Promise<string> {
  return `expected the name of a dataset that was added (${listed(await catalog.names())}), got "${name}"`;
}

function listed(names: readonly string[]): string {
  const known = names.length === 0 ? 'there is none yet' : names.slice(0, 10).join(', ');
  return `${known}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`;
}

/** Looks pretrained weights up and holds them against the network that takes them. @returns their key; null where there are faults */
async function findWeights(
  catalog: DatasetCatalog,
  asked: PretrainedWeights,
  faults: Fault[],
): Promise<string | null> {
  const { path, name } = asked;
  const record = await catalog.weights(name);
  if (record === null) {
    const known = listed(await catalog.weightsNames());
    const message = `expected the name of weights that were added by "ddad weights add" (${known}), got "${name}"`;
    faults.push({ path, message });
    return null;
  }
  const found = layoutFaults(asked, record.tensors);
  faults.push(...found);
  return found.length === 0 ? record.key : null;
}
