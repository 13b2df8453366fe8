import type { MapSpec, RefinerSpec } from '@ddad/contract';
import { type ArtifactKind, type ObjectStore, readManifest } from '@ddad/storage';
import type { DatasetCatalog, Selection } from '../dataset-catalog.ts';
import type { Dispatcher, RunIdentity } from '../dispatcher.ts';
import type { ScorerJob } from '../scorer-link.ts';
import { followJob } from './follow-job.ts';
import { imagesOf } from './run-images.ts';

export interface ScoreDeps {
  store: ObjectStore;
  catalog: DatasetCatalog;
  scorer: Dispatcher<ScorerJob>;
  beatMs: number;
}

interface ScoreArgs {
  run: RunIdentity;
  datasetDigest: string;
  selection: Selection;
  key: string;
}

export interface MapsArgs extends ScoreArgs {
  spec: MapSpec;
}

export interface RefineArgs extends ScoreArgs {
  spec: RefinerSpec;
  /** Maps to refine and the key of the refined ones; both null without test images. */
  mapsKey: string | null;
  refinedKey: string | null;
}

/** Has the score maps of the test images made (equations 3 and 4). */
export async function makeScoreMaps(deps: ScoreDeps, args: MapsArgs): Promise<void> {
  const { key, datasetDigest, spec } = args;
  const { test } = await imagesOf(deps.catalog, datasetDigest, args.selection);
  await runScorerJob(deps, args, {
    what: 'maps',
    job: { kind: 'map', datasetDigest, images: test, maps: spec },
    order: 0,
    total: test.length,
    makes: [['maps', key]],
  });
}

/** Has one ASR-Net trained and, where there are maps, has them refined (section 3.5). */
export async function trainRefiner(deps: ScoreDeps, args: RefineArgs): Promise<void> {
  const { key, datasetDigest, spec, mapsKey, refinedKey } = args;
  const { normal } = await imagesOf(deps.catalog, datasetDigest, args.selection);
  await runScorerJob(deps, args, {
    what: `refiner ${spec.input}`,
    job: {
      kind: 'refine',
      datasetDigest,
      images: normal,
      refiner: spec,
      mapsKey: mapsKey ?? '',
      refinedKey: refinedKey ?? '',
    },
    order: spec.input === 'dual' ? 0 : 1,
    total: spec.epochs,
    makes: [['refiners', key], ...(refinedKey === null ? [] : [['refined', refinedKey] as const])],
  });
}

interface ScorerWork {
  what: string;
  job: ScorerJob;
  order: number;
  total: number;
  /** What is published once the job has finished. */
  makes: (readonly [ArtifactKind, string])[];
}

async function runScorerJob(deps: ScoreDeps, args: ScoreArgs, work: ScorerWork): Promise<void> {
  const { run, key } = args;
  const { job, order, total, makes } = work;
  const what = `${work.what} (key ${key})`;
  if ((await missing(deps.store, makes)).length === 0) return;
  await followJob(deps.scorer.request({ key, job, run, order, total }), { what, beatMs: deps.beatMs });
  // A refiner's key says nothing of the maps: the job that this one joined may have refined another run's.
  const left = await missing(deps.store, makes);
  if (left.length > 0) throw new Error(`${what}: finished, but ${left.join(' and ')} not published`);
}

async function missing(store: ObjectStore, makes: ScorerWork['makes']): Promise<string[]> {
  const manifests = await Promise.all(makes.map(([kind, key]) => readManifest(store, kind, key)));
  return makes.filter((_, place) => manifests[place] === null).map(([kind, key]) => `${kind}/${key}`);
}
