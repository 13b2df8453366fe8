import type { KCurveSpec, MapSpec, RefinerSpec } from '@ddad/contract';
import { type ArtifactKind, latestCheckpoint, readIntactManifest } from '@ddad/storage';
import { Context } from '@temporalio/activity';
import { type DatasetCatalog, referenceImages, type Selection } from '../dataset-catalog.ts';
import type { RunIdentity } from '../dispatch/fairness.ts';
import type { Dispatcher } from '../dispatcher.ts';
import type { ScorerJob } from '../scorer-link.ts';
import { type DamagedInputsDeps, explainByInputs, type JobInput } from './damaged-inputs.ts';
import { followJob } from './follow-job.ts';
import { imagesOf } from './run-images.ts';
import { unlessCancelled } from './unless-cancelled.ts';

export interface ScoreDeps extends DamagedInputsDeps {
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
  /** Whose maps; absent: the test images'. */
  of?: 'reference';
}

export interface KCurveArgs extends ScoreArgs {
  spec: KCurveSpec;
}

export interface RefineArgs extends ScoreArgs {
  spec: RefinerSpec;
  /** Maps to refine and the key of the refined ones; both null without test images. */
  mapsKey: string | null;
  refinedKey: string | null;
  /** Maps of the reference images to refine as well; absent where there are none. */
  reference?: { mapsKey: string; refinedKey: string };
}

/** Has the score maps of the test images, or of the reference images, made (equations 3 and 4). */
export async function makeScoreMaps(deps: ScoreDeps, args: MapsArgs): Promise<void> {
  const { key, datasetDigest, spec } = args;
  const run = await unlessCancelled(imagesOf(deps.catalog, datasetDigest, args.selection));
  const images = args.of === 'reference' ? referenceImages(run) : run.test;
  await runScorerJob(deps, args, {
    what: args.of === 'reference' ? 'reference maps' : 'maps',
    job: { kind: 'map', datasetDigest, images, maps: spec },
    order: 0,
    total: images.length,
    reads: membersOf(spec),
    makes: [['maps', key]],
  });
}

/** Has the test images scored with every subset of the members, for the curve over k. */
export async function scoreSubsets(deps: ScoreDeps, args: KCurveArgs): Promise<void> {
  const { key, datasetDigest, spec } = args;
  const { test } = await unlessCancelled(imagesOf(deps.catalog, datasetDigest, args.selection));
  await runScorerJob(deps, args, {
    what: 'K-curve',
    job: { kind: 'k-curve', datasetDigest, images: test, kCurve: spec },
    order: 1,
    total: test.length,
    reads: membersOf(spec),
    makes: [['kcurves', key]],
  });
}

/** Has one ASR-Net trained and, where there are maps, has them refined (section 3.5). */
export async function trainRefiner(deps: ScoreDeps, args: RefineArgs): Promise<void> {
  const { key, datasetDigest, spec, mapsKey, refinedKey, reference } = args;
  const further = reference === undefined ? [] : [reference];
  const { normal } = await unlessCancelled(imagesOf(deps.catalog, datasetDigest, args.selection));
  await runScorerJob(deps, args, {
    what: `refiner ${spec.input}`,
    job: {
      kind: 'refine',
      datasetDigest,
      images: normal,
      refiner: spec,
      mapsKey: mapsKey ?? '',
      refinedKey: refinedKey ?? '',
      further,
    },
    order: spec.input === 'dual' ? 0 : 1,
    total: spec.epochs,
    reads: [
      ...membersOf(spec),
      ...(mapsKey === null ? [] : [{ kind: 'maps', key: mapsKey } as const]),
      ...further.map((one) => ({ kind: 'maps', key: one.mapsKey }) as const),
      { kind: 'refiners', key, optional: true },
    ],
    makes: [
      ['refiners', key],
      ...(refinedKey === null ? [] : [['refined', refinedKey] as const]),
      ...further.map((one) => ['refined', one.refinedKey] as const),
    ],
  });
}

interface ScorerWork {
  what: string;
  job: ScorerJob;
  order: number;
  total: number;
  reads: JobInput[];
  /** What is published once the job has finished. */
  makes: (readonly [ArtifactKind, string])[];
}

function membersOf({ ndm, udm }: { ndm: string[]; udm: string[] }): JobInput[] {
  return [...ndm, ...udm].map((key) => ({ kind: 'members', key }));
}

async function runScorerJob(deps: ScoreDeps, args: ScoreArgs, work: ScorerWork): Promise<void> {
  const { run, key } = args;
  const { job, order, total, reads, makes } = work;
  const what = `${work.what} (key ${key})`;
  const toMake = await unlessCancelled(missing(deps, makes));
  const checkpoints = await unlessCancelled(
    Promise.all(makes.map(([kind, made]) => latestCheckpoint(deps.store, kind, made))),
  );
  // Checkpoints of what is finished, whose maker died before it had removed them: the scorer does that.
  if (toMake.length === 0 && checkpoints.every((left) => left === null)) return;
  for (;;) {
    const ticket = deps.scorer.request({ key, job, run, order, total });
    try {
      await followJob(ticket, { what, beatMs: deps.beatMs });
    } catch (error) {
      if (Context.current().cancellationSignal.aborted) throw error;
      throw await explainByInputs(deps, reads, error);
    }
    const left = await unlessCancelled(missing(deps, makes));
    if (left.length === 0) return;
    // A refiner's key says nothing of the maps: the job that this one joined refined another run's. Each turn serves at
    // least whoever's job it was, and finds the refiner trained.
    if (ticket.own) throw new Error(`${what}: finished, but ${left.join(' and ')} not published`);
  }
}

/** What is not made yet; what is damaged is set aside, and counts as not made. */
async function missing(deps: ScoreDeps, makes: ScorerWork['makes']): Promise<string[]> {
  const found = await Promise.all(makes.map(([kind, key]) => readIntactManifest(deps.store, kind, key)));
  for (const { damage } of found) if (damage !== null) deps.onDamage(damage);
  return makes.filter((_, place) => found[place]!.manifest === null).map(([kind, key]) => `${kind}/${key}`);
}
