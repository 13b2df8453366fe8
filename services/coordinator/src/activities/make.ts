import type { ImageSet, JobProgress, Pool } from '@ddad/contract';
import {
  type Damage,
  latestCheckpoint,
  type Manifest,
  type ObjectStore,
  readIntactManifest,
  readManifest,
  StoreError,
} from '@ddad/storage';
import type { Tracing } from '@ddad/tracing';
import { ApplicationFailure, Context } from '@temporalio/activity';
import { type DatasetCatalog, type Selection, setOf } from '../dataset-catalog.ts';
import type { RunIdentity } from '../dispatch/fairness.ts';
import type { WorkerJob } from '../dispatch/job-link.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { failureTypes } from '../failure-types.ts';
import type { ProgressSignals } from '../progress-signals.ts';
import { withoutStack } from '../without-stack.ts';
import { oneLine } from '../worker-states.ts';
import { explainByInputs, type JobInput } from './damaged-inputs.ts';
import { followJob } from './follow-job.ts';
import { imagesOf } from './run-images.ts';
import {
  addSetback,
  describeSetbacks,
  failedOn,
  isSetback,
  noSetbacks,
  outOfPatience,
  type Patience,
  type Setbacks,
} from './setbacks.ts';
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

export interface MakeDeps {
  store: ObjectStore;
  catalog: DatasetCatalog;
  workers: Record<Pool, Dispatcher<WorkerJob>>;
  signals: ProgressSignals;
  /** Live figures for whoever watches. */
  publish: (key: string, progress: JobProgress) => void;
  beatMs: number;
  /** Says which span an activity runs in. */
  tracing: Pick<Tracing, 'current'>;
  /** A published artifact was damaged and is set aside. */
  onDamage: (damage: Damage) => void;
  /** When a node that fails again and again counts as failed for good. */
  patience: Patience;
  now: () => number;
}

/** What one attempt of the activity leaves to the next one, in its heartbeat details. */
interface Carried {
  setbacks: Setbacks;
  replaced?: string;
}

/** What this attempt leaves behind beside its error. */
interface Attempt {
  /** The worker that had the job last; null where none had it. */
  worker: string | null;
}

/**
 * Has one node made, or finds it finished. Attempts are not limited in number: a node fails for good once its own failures
 * are out of patience (see Setbacks).
 */
export async function makeNode(deps: MakeDeps, args: MakeArgs): Promise<MadeNode> {
  const carried = carriedBy(Context.current().info.heartbeatDetails, args);
  const attempt: Attempt = { worker: null };
  try {
    return await findOrMake(deps, args, carried, attempt);
  } catch (error) {
    if (Context.current().cancellationSignal.aborted || !isSetback(error)) throw error;
    throw await withSetback(deps, args, carried, attempt, error);
  }
}

async function findOrMake(
  deps: MakeDeps,
  args: MakeArgs,
  carried: Carried,
  attempt: Attempt,
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
    try {
      await followJob(ticket, {
        what: `${id} (key ${key})`,
        beatMs: deps.beatMs,
        carried: () => carried,
        onBeat: (progress) => {
          news.report(progress, trouble);
          // Once a worker works on it, the worker says so itself.
          if (progress.state === 'waiting') deps.publish(key, progress);
        },
      });
    } finally {
      attempt.worker = ticket.worker;
    }
  } catch (error) {
    if (Context.current().cancellationSignal.aborted) throw error;
    const explained = await explainByInputs(deps, args.needs, error);
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

function carriedBy(details: unknown, { replaced }: MakeArgs): Carried {
  const before = (details ?? {}) as Partial<Carried>;
  const fault = before.replaced ?? replaced;
  return { setbacks: before.setbacks ?? noSetbacks, ...(fault === undefined ? {} : { replaced: fault }) };
}

/** Counts a failure, for the next attempt to know. @returns what this attempt ends with */
async function withSetback(
  deps: MakeDeps,
  { kind, key, id, pool }: MakeArgs,
  carried: Carried,
  { worker }: Attempt,
  error: unknown,
): Promise<unknown> {
  let steps: number;
  try {
    steps = (await latestCheckpoint(deps.store, kind, key))?.done ?? 0;
  } catch (unread) {
    // Where the store does not answer, what failed may have failed for that reason.
    if (!(unread instanceof StoreError && unread.refused)) return error;
    steps = carried.setbacks.steps;
  }
  const now = deps.now();
  const message = withoutStack(error instanceof Error ? error.message : String(error));
  const setbacks = addSetback(carried.setbacks, steps, now, { worker, message });
  Context.current().heartbeat({ ...carried, setbacks });
  const othersThere = deps.workers[pool].hasOthersThan(failedOn(setbacks));
  if (!outOfPatience(setbacks, deps.patience, now, othersThere)) return error;
  return ApplicationFailure.create({
    message: `${id}: ${describeSetbacks(setbacks, now)}`,
    type: failureTypes.noProgress,
    nonRetryable: true,
    ...(error instanceof Error ? { cause: error } : {}),
  });
}

function toResult({ finished }: MakeArgs, manifest: Manifest, { replaced }: Carried): MadeNode {
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
