import {
  type DatasetRecord,
  defaultFalsePositiveRate,
  defaultMaxK,
  describeFaults,
  type Fault,
  leastHeldOut,
  type Packing,
  packingsOf,
  parseRunInput,
  type ResolvedRunInput,
  type RunRequest,
  refinerInputSchema,
  runInputSchema,
} from '@ddad/contract';
import { ApplicationFailure } from '@temporalio/activity';
import type { DatasetCatalog, RunImages, Selection } from '../dataset-catalog.ts';
import { failureTypes } from '../failure-types.ts';
import { autoK, type PresentTrainer } from './auto-k.ts';
import {
  type EnsembleKeys,
  type MemberPlan,
  type MemberPlanDeps,
  type PlanBasis,
  planMembers,
  planScoring,
  rolesOf,
  type ScoringPlan,
  type WantedMember,
} from './planned-artifacts.ts';
import { imagesOf } from './run-images.ts';

/** All that a run will do; every key is known before the first epoch. */
export interface RunPlan extends ScoringPlan {
  input: ResolvedRunInput;
  datasetDigest: string;
  synthetic: boolean;
  selection: Selection;
  members: MemberPlan[];
  /** True where the server knows our search attributes. */
  searchAttributes: boolean;
  /** Time without a heartbeat after which an activity's attempt is given up, in ms. */
  heartbeatTimeoutMs: number;
}

/** A run that was planned before: its images stay those that it began with, whatever its dataset's name means now. */
export interface PlannedRun {
  input: ResolvedRunInput;
  datasetDigest: string;
  selection: Selection;
}

export interface PlanDeps extends MemberPlanDeps {
  catalog: DatasetCatalog;
  /** Trainers that are there now. */
  presentTrainers: () => readonly PresentTrainer[];
  now: () => number;
  searchAttributes: boolean;
  heartbeatTimeoutMs: number;
}

/** A run's input that fits the schema and the dataset, and what it is about. */
export interface JudgedRun {
  input: ResolvedRunInput;
  dataset: FoundDataset;
}

/**
 * Checks a run's input against the schema and the dataset, and settles K where it is left to us.
 * @returns every fault where there are any
 */
export async function judgeRun(
  deps: Pick<PlanDeps, 'catalog' | 'presentTrainers' | 'now'>,
  raw: unknown,
): Promise<JudgedRun | { faults: Fault[] }> {
  const parsed = parseRunInput(raw);
  const faults: Fault[] = 'faults' in parsed ? [...parsed.faults] : [];
  const dataset = await checkAgainstDataset(deps.catalog, readableFields(raw), faults);
  if ('faults' in parsed || faults.length > 0 || dataset === null) return { faults };
  const settled = withK(parsed.input, deps);
  return 'faults' in settled ? settled : { ...settled, dataset };
}

/** What the keys of a run that was judged follow from; reads the dataset's pixels where their digests are not known. */
export async function basisOfJudged(
  catalog: DatasetCatalog,
  { input, dataset: { digest, selection, images } }: JudgedRun,
): Promise<PlanBasis> {
  return { input, images, digests: await catalog.digests(digest, selection, images) };
}

/** The members that a run of K wants. */
export function wantedMembers({ input, digests }: PlanBasis): WantedMember[] {
  return rolesOf(digests).flatMap((role) =>
    Array.from({ length: input.k }, (_, index): WantedMember => ({ role, index })),
  );
}

/** Faults of an input as the failure that the workflow ends with. */
export function invalidInput(faults: Fault[]): ApplicationFailure {
  return ApplicationFailure.nonRetryable(describeFaults(faults), failureTypes.invalidInput, faults);
}

/**
 * Validates a run's input, all of it at once, and works out what the run will make.
 * @throws ApplicationFailure of type InvalidInput with every fault.
 */
export async function planRun(deps: PlanDeps, raw: unknown): Promise<RunPlan> {
  const judged = await judgeRun(deps, raw);
  if ('faults' in judged) throw invalidInput(judged.faults);
  const { input, dataset } = judged;
  const { digest, synthetic, selection } = dataset;
  const basis = await basisOfJudged(deps.catalog, judged);
  const members = await planMembers(deps, basis, wantedMembers(basis));
  const keysOf = (role: string) => members.filter((member) => member.role === role).map(({ key }) => key);
  const { searchAttributes, heartbeatTimeoutMs } = deps;
  return {
    input,
    datasetDigest: digest,
    synthetic,
    selection,
    members,
    ...planScoring(basis, { ndm: keysOf('ndm'), udm: keysOf('udm') }),
    searchAttributes,
    heartbeatTimeoutMs,
  };
}

/** Plans further members of a run, or members anew whose seeds diverged. */
export async function planFurtherMembers(
  deps: PlanDeps,
  run: PlannedRun,
  wanted: readonly WantedMember[],
): Promise<MemberPlan[]> {
  return planMembers(deps, await basisOf(deps.catalog, run), wanted);
}

/** Plans what is made of other members than those that a run planned at first. */
export async function planScoringOf(
  deps: Pick<PlanDeps, 'catalog'>,
  run: PlannedRun,
  keys: EnsembleKeys,
): Promise<ScoringPlan> {
  return planScoring(await basisOf(deps.catalog, run), keys);
}

/** Settles K where it is left to us. @returns the fault where `minMembers` does not fit it */
function withK(
  { k, maxK, ...rest }: RunRequest,
  deps: Pick<PlanDeps, 'presentTrainers' | 'now'>,
): { input: ResolvedRunInput } | { faults: Fault[] } {
  if (k !== 'auto') return { input: { k, ...rest } };
  const settled = autoK(deps.presentTrainers(), deps.now(), maxK ?? defaultMaxK);
  const { minMembers } = rest;
  if (minMembers !== undefined && minMembers > settled) {
    const message = `expected at most k, which is ${settled} with the trainers of now, got ${minMembers}`;
    return { faults: [{ path: 'minMembers', message }] };
  }
  return { input: { k: settled, ...rest } };
}

async function basisOf(catalog: DatasetCatalog, run: PlannedRun): Promise<PlanBasis> {
  const { input, datasetDigest, selection } = run;
  const images = await imagesOf(catalog, datasetDigest, selection);
  return { input, images, digests: await catalog.digests(datasetDigest, selection, images) };
}

/** Fields of an input that are well formed by themselves; a faulty one does not keep the others from being checked. */
interface ReadableFields extends Selection {
  dataset?: string;
  imageSize?: number;
  batchSize?: number;
  refinerBatchSize?: number;
  falsePositiveRate?: number;
  /** False where `unlabeled` or `anomalousRate` cannot be read, so that the selection cannot be judged. */
  selectable: boolean;
}

function readableFields(raw: unknown): ReadableFields {
  const given = fieldsOf(raw);
  const { shape } = runInputSchema;
  const unlabeled = shape.unlabeled.safeParse(given.unlabeled);
  const anomalousRate = shape.anomalousRate.safeParse(given.anomalousRate);
  const batchSize = shape.batchSize.safeParse(given.batchSize);
  const refinerBatchSize = refinerInputSchema.shape.batchSize.safeParse(fieldsOf(given.refiner).batchSize);
  const imageSize = shape.imageSize.safeParse(given.imageSize);
  const calibration = shape.calibration.safeParse(given.calibration);
  const falsePositiveRate = shape.falsePositiveRate.safeParse(given.falsePositiveRate);
  const dataset = shape.dataset.safeParse(given.dataset);
  // Without ASR-Net its batch needs no images.
  const refines = given.refiner === undefined || typeof given.refiner === 'object';
  return {
    ...(dataset.success ? { dataset: dataset.data } : {}),
    ...(imageSize.success && imageSize.data !== undefined ? { imageSize: imageSize.data } : {}),
    ...(batchSize.success ? { batchSize: batchSize.data } : {}),
    ...(refinerBatchSize.success && refines ? { refinerBatchSize: refinerBatchSize.data } : {}),
    ...(unlabeled.success ? { unlabeled: unlabeled.data } : {}),
    ...(anomalousRate.success ? { anomalousRate: anomalousRate.data } : {}),
    ...(calibration.success ? { calibration: calibration.data } : {}),
    ...(falsePositiveRate.success ? { falsePositiveRate: falsePositiveRate.data } : {}),
    selectable: unlabeled.success && anomalousRate.success,
  };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

interface FoundDataset {
  digest: string;
  synthetic: boolean;
  selection: Selection;
  images: RunImages;
}

/** Looks the dataset up and adds what does not fit it to `faults`; null where there are no images to plan with. */
async function checkAgainstDataset(
  catalog: DatasetCatalog,
  fields: ReadableFields,
  faults: Fault[],
): Promise<FoundDataset | null> {
  const { dataset, batchSize, refinerBatchSize, selectable } = fields;
  if (dataset === undefined) return null;
  const record = await catalog.record(dataset);
  if (record === null) {
    faults.push({ path: 'dataset', message: await unknownDataset(catalog, dataset) });
    return null;
  }
  const packing = packingFor(record, fields.imageSize, faults);
  const held: Selection = fields.calibration ? { calibration: fields.calibration } : {};
  const selection: Selection = {
    ...held,
    ...(fields.unlabeled === undefined ? {} : { unlabeled: fields.unlabeled }),
    ...(fields.anomalousRate === undefined ? {} : { anomalousRate: fields.anomalousRate }),
  };
  let images = await catalog.images(packing.digest, selectable ? selection : held);
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
  // The UDM's training set holds the NDM's, so that this is the smaller bound of the two.
  const tooLarge = (path: string, size: number | undefined) => {
    if (size === undefined || size <= normals) return;
    const message = `expected at most ${normals}, the number of normal training images of ${dataset}, got ${size}`;
    faults.push({ path, message });
  };
  tooLarge('batchSize', batchSize);
  tooLarge('refiner.batchSize', refinerBatchSize);
  const fault = heldOutFault(fields, images.heldOut.length);
  if (fault !== null) faults.push(fault);
  return { digest: packing.digest, synthetic: record.synthetic, selection, images };
}

/** The packing that a run takes: that of the size asked for, else of 64, else the only one; a size that is not there is a fault. */
function packingFor(record: DatasetRecord, imageSize: number | undefined, faults: Fault[]): Packing {
  const packings = packingsOf(record);
  const usual = packings.find(({ digest }) => digest === record.digest) ?? packings[0]!;
  if (imageSize === undefined) return usual;
  const asked = packings.find((packing) => packing.imageSize === imageSize);
  if (asked !== undefined) return asked;
  const sizes = packings.map((packing) => packing.imageSize).join(' or ');
  faults.push({
    path: 'imageSize',
    message:
      `expected ${sizes}, which ${record.name} is packed at ("ddad dataset add ${record.name} DIR --image-size ..." packs ` +
      `it at others), got ${imageSize}`,
  });
  return usual;
}

/** Too few held-out normal images for the threshold that was asked for; null where there are enough, or none was. */
function heldOutFault(
  { calibration = 0, falsePositiveRate }: Pick<ReadableFields, 'calibration' | 'falsePositiveRate'>,
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
  const names = await catalog.names();
  const known = names.length === 0 ? 'there is none yet' : names.slice(0, 10).join(', ');
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  return `expected the name of a dataset that was added (${known}${more}), got "${name}"`;
}
