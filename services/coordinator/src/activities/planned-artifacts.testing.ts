import { artifactKey, type DatasetIndex, evaluationKind } from '@ddad/contract';
import { datasetDigest } from '@ddad/dataset';
import { methods } from '@ddad/methods';
import { type ObjectStore, putDataset } from '@ddad/storage';
import { memoryStore } from '@ddad/storage/testing';
import { DatasetCatalog } from '../dataset-catalog.ts';
import { datasetCache } from '../datasets.testing.ts';
import { type PlanDeps, planRun, replan } from './plan.ts';

/** A run as its plan depends on it. */
export interface PlannedCase {
  /** As a user writes it. */
  input: object;
  /** Members whose seeds diverged, so many times. */
  diverged?: { role: 'ndm' | 'udm'; index: number; retry: number }[] | undefined;
  /** Members that failed for good. */
  failed?: { role: 'ndm' | 'udm'; index: number }[] | undefined;
}

/** What a run makes: an object of the store is called after kind and key. */
export interface PlannedArtifact {
  kind: string;
  key: string;
  spec: object;
}

let datasets: Promise<ObjectStore> | undefined;

/** What plans runs on the datasets that recorded inputs name. */
export async function recordedDeps(): Promise<PlanDeps> {
  datasets ??= storeOfDatasets();
  const store = await datasets;
  return {
    methods,
    store,
    catalog: new DatasetCatalog(store, datasetCache(store)),
    presentTrainers: () => [],
    now: () => 0,
    searchAttributes: false,
    heartbeatTimeoutMs: 1000,
    onDamage: () => {},
  };
}

/** Everything that a run makes, planned as the workflow has it planned, in no particular order. */
export async function plannedArtifacts({
  input,
  diverged = [],
  failed = [],
}: PlannedCase): Promise<PlannedArtifact[]> {
  const deps = await recordedDeps();
  const { basis } = await planRun(deps, input);
  const idOf = ({ role, index }: { role: string; index: number }) => `member ${role} ${index}`;
  const lost = failed.map(idOf);
  const retries = Object.fromEntries(diverged.map((member) => [idOf(member), member.retry]));
  const { nodes } = await replan(deps, { ...basis, retries, lost });
  const artifacts = nodes
    .filter(({ id, kind }) => !lost.includes(id) && kind !== evaluationKind.kind)
    .map(({ kind, key, spec }) => ({ kind, key, spec }));
  for (const { kind, key, spec } of artifacts) {
    if (artifactKey(spec) !== key) throw new Error(`${kind}: expected key ${artifactKey(spec)}, got ${key}`);
  }
  return artifacts;
}

const known = { labels: 'known', normal: [8, 9], abnormal: [10, 11, 12] } as const;
const tested = { labels: 'known', normal: [13, 14], abnormal: [15, 16] } as const;
type Parts = Partial<Pick<DatasetIndex, 'train' | 'unlabeled' | 'test' | 'validation'>>;

/** Datasets that inputs name. Of all but `many` the normal images are the first eight. */
const parts: Record<string, Parts> = {
  small: {},
  validated: { validation: [17, 18, 19] },
  'one-class': { unlabeled: { labels: 'none' } },
  flat: {
    unlabeled: { labels: 'unknown', images: [8, 9, 10] },
    test: { labels: 'unknown', images: [13, 14, 15] },
  },
  'no-test': { test: { labels: 'none' } },
  'no-test-validated': { test: { labels: 'none' }, validation: [17, 18, 19] },
  many: { train: Array.from({ length: 72 }, (_, image) => 20 + image) },
};

/** All datasets at 64 pixels, and `small` at 128 as well. */
async function storeOfDatasets(): Promise<ObjectStore> {
  const store = memoryStore();
  for (const [name, part] of Object.entries(parts)) {
    const others = name === 'small' ? [packed(128, part)] : [];
    await putDataset(store, { name, ...packed(64, part), others });
  }
  return store;
}

function packed(side: number, part: Parts) {
  const count = 92;
  const index: DatasetIndex = {
    format: 1,
    imageSize: side,
    images: Array.from({ length: count }, (_, image) => `${image}.png`),
    train: [0, 1, 2, 3, 4, 5, 6, 7],
    unlabeled: { ...known, normal: [...known.normal], abnormal: [...known.abnormal] },
    test: { ...tested, normal: [...tested.normal], abnormal: [...tested.abnormal] },
    validation: [],
    copies: [],
    synthetic: true,
    ...part,
  };
  const pixels = Uint8Array.from({ length: count * side ** 2 }, (_, at) => {
    const [image, pixel] = [Math.floor(at / side ** 2), at % side ** 2];
    return (image * 31 + pixel * 7) % 256;
  });
  return { index, pixels, digest: datasetDigest(index, pixels) };
}
