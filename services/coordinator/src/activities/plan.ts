import {
  describeFaults,
  type Fault,
  type MapSpec,
  type MemberSpec,
  type PlannedMember,
  parseRunInput,
  type RefinerInput,
  type RefinerSpec,
  type ResolvedRunInput,
  type Role,
  recipes,
  refinerInputSchema,
  runInputSchema,
} from '@ddad/contract';
import { artifactKey, memberSeed, type ObjectStore, readManifest } from '@ddad/storage';
import { ApplicationFailure } from '@temporalio/activity';
import type { DatasetCatalog, ImageDigests, RunImages, Selection } from '../dataset-catalog.ts';
import { failureTypes } from '../failure-types.ts';

/** A member as the plan describes it to the workflow. */
export interface MemberPlan extends PlannedMember {
  spec: MemberSpec;
  /** True where it was published before this run wanted it. */
  finished: boolean;
  /** Images that one epoch reads, for the time left. */
  imagesPerEpoch: number;
}

export interface RefinerPlan {
  input: RefinerInput;
  spec: RefinerSpec;
  key: string;
  /** Key of the refined maps; null without test images. */
  refinedKey: string | null;
}

/** All that a run will do; every key is known before the first epoch. */
export interface RunPlan {
  input: ResolvedRunInput;
  datasetDigest: string;
  synthetic: boolean;
  selection: Selection;
  members: MemberPlan[];
  /** Null without test images. */
  maps: { spec: MapSpec; key: string } | null;
  refiners: RefinerPlan[];
  /** True where the server knows our search attributes. */
  searchAttributes: boolean;
  /** Time without a heartbeat after which an activity's attempt is given up, in ms. */
  heartbeatTimeoutMs: number;
}

export interface PlanDeps {
  store: ObjectStore;
  catalog: DatasetCatalog;
  searchAttributes: boolean;
  heartbeatTimeoutMs: number;
}

/**
 * Validates a run's input, all of it at once, and works out what the run will make.
 * @throws ApplicationFailure of type InvalidInput with every fault.
 */
export async function planRun(deps: PlanDeps, raw: unknown): Promise<RunPlan> {
  const parsed = parseRunInput(raw);
  const faults: Fault[] = 'faults' in parsed ? [...parsed.faults] : [];
  const found = await checkAgainstDataset(deps.catalog, readableFields(raw), faults);
  if ('faults' in parsed || faults.length > 0 || found === null) {
    throw ApplicationFailure.nonRetryable(describeFaults(faults), failureTypes.invalidInput, faults);
  }
  const { input } = parsed;
  const { digest, synthetic, selection, images } = found;
  const digests = await deps.catalog.digests(digest, selection, images);
  const members = await planMembers(deps.store, input, images, digests);
  const keysOf = (role: Role) => members.filter((member) => member.role === role).map(({ key }) => key);
  const [ndm, udm] = [keysOf('ndm'), keysOf('udm')];

  let maps: RunPlan['maps'] = null;
  if (digests.test !== null) {
    const spec: MapSpec = {
      recipe: recipes.maps,
      backbone: input.backbone,
      ndm,
      udm,
      imagesDigest: digests.test,
      imageSize: images.imageSize,
    };
    maps = { spec, key: artifactKey(spec) };
  }
  const refinerInputs: RefinerInput[] = udm.length > 0 ? ['dual', 'intra'] : ['intra'];
  const refiners = refinerInputs.map((kind): RefinerPlan => {
    const spec: RefinerSpec = {
      recipe: recipes.refiner,
      backbone: input.backbone,
      input: kind,
      ndm,
      udm: kind === 'dual' ? udm : [],
      seed: memberSeed(input.seed, `refiner-${kind}`, 0),
      epochs: input.refiner.epochs,
      batchSize: input.refiner.batchSize,
      learningRate: input.refiner.learningRate,
      weightDecay: input.refiner.weightDecay,
      imagesDigest: digests.normal,
      imageSize: images.imageSize,
    };
    const key = artifactKey(spec);
    return {
      input: kind,
      spec,
      key,
      refinedKey: maps === null ? null : artifactKey({ maps: maps.key, refiner: key }),
    };
  });
  const { searchAttributes, heartbeatTimeoutMs } = deps;
  return {
    input,
    datasetDigest: digest,
    synthetic,
    selection,
    members,
    maps,
    refiners,
    searchAttributes,
    heartbeatTimeoutMs,
  };
}

async function planMembers(
  store: ObjectStore,
  input: ResolvedRunInput,
  images: RunImages,
  digests: ImageDigests,
): Promise<MemberPlan[]> {
  const sets: { role: Role; imagesDigest: string; count: number }[] = [
    { role: 'ndm', imagesDigest: digests.normal, count: images.normal.length },
  ];
  if (digests.normalAndUnlabeled !== null) {
    const count = images.normal.length + images.unlabeled.length;
    sets.push({ role: 'udm', imagesDigest: digests.normalAndUnlabeled, count });
  }
  const { backbone, epochs, batchSize, learningRate } = input;
  return Promise.all(
    sets.flatMap(({ role, imagesDigest, count }) =>
      Array.from({ length: input.k }, async (_, index): Promise<MemberPlan> => {
        const seed = memberSeed(input.seed, role, index);
        const spec: MemberSpec = {
          recipe: recipes.member,
          backbone,
          role,
          seed,
          epochs,
          batchSize,
          learningRate,
          imagesDigest,
          imageSize: images.imageSize,
        };
        const key = artifactKey(spec);
        const finished = (await readManifest(store, 'members', key)) !== null;
        const imagesPerEpoch = Math.floor(count / batchSize) * batchSize;
        return { role, index, seed, key, spec, finished, imagesPerEpoch };
      }),
    ),
  );
}

/** Fields of an input that are well formed by themselves; a faulty one does not keep the others from being checked. */
interface ReadableFields extends Selection {
  dataset?: string;
  batchSize?: number;
  refinerBatchSize?: number;
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
  const dataset = shape.dataset.safeParse(given.dataset);
  return {
    ...(dataset.success ? { dataset: dataset.data } : {}),
    ...(batchSize.success ? { batchSize: batchSize.data } : {}),
    ...(refinerBatchSize.success ? { refinerBatchSize: refinerBatchSize.data } : {}),
    ...(unlabeled.success ? { unlabeled: unlabeled.data } : {}),
    ...(anomalousRate.success ? { anomalousRate: anomalousRate.data } : {}),
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
  const selection: Selection = {
    ...(fields.unlabeled === undefined ? {} : { unlabeled: fields.unlabeled }),
    ...(fields.anomalousRate === undefined ? {} : { anomalousRate: fields.anomalousRate }),
  };
  let images = await catalog.images(record.digest, selectable ? selection : {});
  if ('faults' in images) {
    faults.push(...images.faults);
    // D_n does not depend on the selection: the batch sizes can be judged all the same.
    images = await catalog.images(record.digest, {});
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
  return { digest: record.digest, synthetic: record.synthetic, selection, images };
}

async function unknownDataset(catalog: DatasetCatalog, name: string): Promise<string> {
  const names = await catalog.names();
  const known = names.length === 0 ? 'there is none yet' : names.slice(0, 10).join(', ');
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  return `expected the name of a dataset that was added (${known}${more}), got "${name}"`;
}
