import type { ImageSet, JobProgress, Pool } from '@ddad/contract';
import {
  type Damage,
  latestCheckpoint,
  type Manifest,
  type ObjectStore,
  readIntactManifest,
  readManifest,
} from '@ddad/storage';
import type { Tracing } from '@ddad/tracing';
import { Context } from '@temporalio/activity';
import { type DatasetCatalog, type Selection, setOf } from '../dataset-catalog.ts';
import type { RunIdentity } from '../dispatch/fairness.ts';
import type { ProgressSignals } from '../progress-signals.ts';
import { oneLine } from '../worker-states.ts';
import { explainByInputs, type JobInput } from './damaged-inputs.ts';
import { type AttemptDeps, attemptJob, type Carried, carriedBefore, type Follow } from './job-attempt.ts';
import { imagesOf } from './run-images.ts';
import { unlessCancelled } from './unless-cancelled.ts';

/** A node to be made, as the workflow asks for it. */
export interface MakeArgs {
  run: RunIdentity;
  /** Place in the run: nodes of lower ones get workers first. */
  position: number;
  /** For people. */
  id: string;
  kind: string;
  pool: Pool;
  key: string;
  spec: object;
  needs: JobInput[];
  images: ImageSet | null;
  /** Units of work. */
  total: number;
  /** What the plan found: published before this run wanted it. */
  finished: boolean;
  /** What was wrong with what lay published under its key; absent where nothing was. */
  replaced?: string;
  datasetDigest: string;
  selection: Selection;
}

/** What a run learns of a node that was made. */
export interface MadeNode {
  worker: string;
  /** Wall time of the work. */
  seconds: number;
  /** Mean loss of its last epoch; null for work without one. */
  loss: number | null;
  /** True where it was published before this run wanted it. */
  reused: boolean;
  /** Attempts of this activity before the one that ended it. */
  restarts: number;
  replaced?: string;
}

export interface MakeDeps extends AttemptDeps {
  store: ObjectStore;
  catalog: DatasetCatalog;
  signals: ProgressSignals;
  /** Live figures for whoever watches. */
  publish: (key: string, progress: JobProgress) => void;
  /** Says which span an activity runs in. */
  tracing: Pick<Tracing, 'current'>;
  /** A published artifact was damaged and is set aside. */
  onDamage: (damage: Damage) => void;
}

interface CarriedNode extends Carried {
  replaced?: string;
}

/**
 * Has one node made, or finds it finished. Attempts are not limited in number: a node fails for good once its own failures
 * are out of patience (see Setbacks).
 */
export function makeNode(deps: MakeDeps, args: MakeArgs): Promise<MadeNode> {
  const { kind, key } = args;
  const steps = async () => (await latestCheckpoint(deps.store, kind, key))?.done ?? 0;
  const carried = carriedBy(args);
  return attemptJob(deps, { ...args, steps }, carried, (follow) => findOrMake(deps, args, carried, follow));
}

async function findOrMake(
  deps: MakeDeps,
  args: MakeArgs,
  carried: CarriedNode,
  follow: Follow,
): Promise<MadeNode> {
  const { store } = deps;
  const { run, position, id, kind, pool, key, spec, total, datasetDigest } = args;
  const { manifest: published, damage } = await unlessCancelled(readIntactManifest(store, kind, key));
  if (damage !== null) {
    deps.onDamage(damage);
    carried.replaced = damage.fault;
  }
  const left = await unlessCancelled(latestCheckpoint(store, kind, key));
  // Whoever finished it died before it had removed its checkpoints: a worker does that, and makes nothing.
  if (published !== null && left === null) {
    const { loss, worker } = published;
    deps.publish(key, { done: total, total, loss, imagesPerSecond: 0, worker, state: 'finished' });
    return toResult(args, published, carried);
  }
  const trace = deps.tracing.current();
  const news = deps.signals.follow(run, position);
  const failed = carried.setbacks.causes?.at(-1)?.message;
  const trouble = failed === undefined ? undefined : oneLine(failed);
  try {
    const ticket = deps.workers[pool].request({
      key,
      job: { kind, spec, datasetDigest, images: await positionsOf(deps, args) },
      run,
      order: position,
      total,
      trace,
      onProgress: (progress) => news.report(progress, trouble),
    });
    await follow(key, ticket, (progress) => {
      news.report(progress, trouble);
      // Once a worker works on it, the worker says so itself.
      if (progress.state === 'waiting') deps.publish(key, progress);
    });
  } catch (error) {
    if (Context.current().cancellationSignal.aborted) throw error;
    const explained = await unlessCancelled(explainByInputs(deps, args.needs, error));
    if (explained !== error) deps.workers[pool].acquit(key);
    throw explained;
  } finally {
    news.close();
  }
  const manifest = await unlessCancelled(readManifest(store, kind, key));
  if (manifest === null) throw new Error(`${id}: the worker finished, but ${kind} ${key} is not published`);
  return toResult(published === null ? { ...args, finished: false } : args, manifest, carried);
}

async function positionsOf({ catalog }: MakeDeps, { images, datasetDigest, selection }: MakeArgs) {
  if (images === null) return [];
  return setOf(await unlessCancelled(imagesOf(catalog, datasetDigest, selection)), images);
}

function carriedBy({ replaced }: MakeArgs): CarriedNode {
  const before = carriedBefore<CarriedNode>();
  const fault = before.replaced ?? replaced;
  return { setbacks: before.setbacks, ...(fault === undefined ? {} : { replaced: fault }) };
}

function toResult({ finished }: MakeArgs, manifest: Manifest, { replaced }: CarriedNode): MadeNode {
  const { worker, seconds, loss } = manifest;
  return {
    worker,
    seconds,
    loss,
    reused: finished && replaced === undefined,
    restarts: Context.current().info.attempt - 1,
    ...(replaced === undefined ? {} : { replaced }),
  };
}
