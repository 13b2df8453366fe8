import type { JobProgress, MemberResult, MemberSpec } from '@ddad/contract';
import {
  type Damage,
  latestCheckpoint,
  type Manifest,
  type ObjectStore,
  readIntactManifest,
  readManifest,
  StoreError,
} from '@ddad/storage';
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { DatasetCatalog, Selection } from '../dataset-catalog.ts';
import type { RunIdentity } from '../dispatch/fairness.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { failureTypes } from '../failure-types.ts';
import type { ProgressSignals } from '../progress-signals.ts';
import type { TrainJob } from '../trainer-link.ts';
import { followJob } from './follow-job.ts';
import { imagesOf } from './run-images.ts';
import {
  addSetback,
  isSetback,
  noSetbacks,
  outOfPatience,
  type Patience,
  type Setbacks,
} from './setbacks.ts';
import { unlessCancelled } from './unless-cancelled.ts';

export interface TrainMemberArgs {
  run: RunIdentity;
  /** Place in the plan: members of lower ones get trainers first. */
  position: number;
  index: number;
  key: string;
  spec: MemberSpec;
  /** What the plan found: published before this run wanted it. */
  finished: boolean;
  /** What was wrong with what lay published under its key; absent where nothing was. */
  replaced?: string;
  datasetDigest: string;
  selection: Selection;
}

export interface TrainMemberDeps {
  store: ObjectStore;
  catalog: DatasetCatalog;
  trainers: Dispatcher<TrainJob>;
  signals: ProgressSignals;
  /** Live figures for whoever watches. */
  publish: (key: string, progress: JobProgress) => void;
  beatMs: number;
  /** A published artifact was damaged and is set aside. */
  onDamage: (damage: Damage) => void;
  /** When a member that fails again and again counts as failed for good. */
  patience: Patience;
  now: () => number;
}

/** What one attempt of the activity leaves to the next one, in its heartbeat details. */
interface Carried {
  setbacks: Setbacks;
  replaced?: string;
}

/**
 * Has one member trained, or finds it finished. Attempts are not limited in number: a member fails for good once its
 * own failures are out of patience (see Setbacks).
 */
export async function trainOneMember(deps: TrainMemberDeps, args: TrainMemberArgs): Promise<MemberResult> {
  const carried = carriedBy(Context.current().info.heartbeatDetails, args);
  try {
    return await findOrTrain(deps, args, carried);
  } catch (error) {
    if (Context.current().cancellationSignal.aborted || !isSetback(error)) throw error;
    throw await withSetback(deps, args, carried, error);
  }
}

async function findOrTrain(
  deps: TrainMemberDeps,
  args: TrainMemberArgs,
  carried: Carried,
): Promise<MemberResult> {
  const { run, position, index, key, spec, datasetDigest, selection } = args;
  const { role, epochs } = spec;
  const { manifest: published, damage } = await unlessCancelled(
    readIntactManifest(deps.store, 'members', key),
  );
  if (damage !== null) {
    deps.onDamage(damage);
    carried.replaced = damage.fault;
  }
  const left = await unlessCancelled(latestCheckpoint(deps.store, 'members', key));
  // Whoever finished it died before it had removed its checkpoints: a trainer does that, and trains nothing.
  if (published !== null && left === null) {
    deps.publish(key, {
      done: epochs,
      total: epochs,
      loss: published.loss,
      imagesPerSecond: 0,
      worker: published.worker,
      state: 'finished',
    });
    return toResult(args, published, carried);
  }
  const { normal, unlabeled } = await unlessCancelled(imagesOf(deps.catalog, datasetDigest, selection));
  const images = role === 'udm' ? [...normal, ...unlabeled] : normal;
  const news = deps.signals.follow(run, position);
  try {
    const ticket = deps.trainers.request({
      key,
      job: { datasetDigest, images, member: spec },
      run,
      order: position,
      total: epochs,
      onProgress: (progress) => news.report(progress),
    });
    await followJob(ticket, {
      what: `${role} ${index} (key ${key})`,
      beatMs: deps.beatMs,
      carried: () => carried,
      onBeat: (progress) => {
        news.report(progress);
        // Once a trainer works on it, the trainer says so itself.
        if (progress.state === 'waiting') deps.publish(key, progress);
      },
    });
  } finally {
    news.close();
  }
  const manifest = await unlessCancelled(readManifest(deps.store, 'members', key));
  if (manifest === null) {
    throw new Error(`${role} ${index}: the trainer finished, but member ${key} is not published`);
  }
  return toResult(published === null ? { ...args, finished: false } : args, manifest, carried);
}

function carriedBy(details: unknown, { replaced }: TrainMemberArgs): Carried {
  const before = (details ?? {}) as Partial<Carried>;
  const fault = before.replaced ?? replaced;
  return { setbacks: before.setbacks ?? noSetbacks, ...(fault === undefined ? {} : { replaced: fault }) };
}

/** Counts a failure, for the next attempt to know. @returns what this attempt ends with */
async function withSetback(
  deps: TrainMemberDeps,
  { key, index, spec }: TrainMemberArgs,
  carried: Carried,
  error: unknown,
): Promise<unknown> {
  let steps: number;
  try {
    steps = (await latestCheckpoint(deps.store, 'members', key))?.done ?? 0;
  } catch (unread) {
    // Where the store does not answer, what failed may have failed for that reason.
    if (!(unread instanceof StoreError && unread.refused)) return error;
    steps = carried.setbacks.steps;
  }
  const now = deps.now();
  const setbacks = addSetback(carried.setbacks, steps, now);
  Context.current().heartbeat({ ...carried, setbacks });
  if (!outOfPatience(setbacks, deps.patience, now)) return error;
  const minutes = Math.round((now - setbacks.since) / 60_000);
  const message = error instanceof Error ? error.message : String(error);
  return ApplicationFailure.create({
    message:
      `${spec.role} ${index}: ${setbacks.count} attempts in a row got no further than step ${setbacks.steps}, ` +
      `over ${minutes} minutes; the last one: ${message}`,
    type: failureTypes.noProgress,
    nonRetryable: true,
    ...(error instanceof Error ? { cause: error } : {}),
  });
}

function toResult(args: TrainMemberArgs, manifest: Manifest, { replaced }: Carried): MemberResult {
  const { key, index, spec, finished } = args;
  if (manifest.loss === null) {
    const message = `${spec.role} ${index}: expected a loss in the manifest of member ${key}, got none`;
    throw ApplicationFailure.nonRetryable(message, failureTypes.invalidArtifact);
  }
  return {
    role: spec.role,
    index,
    seed: spec.seed,
    key,
    trainer: manifest.worker,
    seconds: manifest.seconds,
    loss: manifest.loss,
    reused: finished && replaced === undefined,
    restarts: Context.current().info.attempt - 1,
    ...(replaced === undefined ? {} : { replaced }),
  };
}
