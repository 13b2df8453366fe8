import type { JobProgress, MemberResult, MemberSpec } from '@ddad/contract';
import { type Manifest, type ObjectStore, readManifest } from '@ddad/storage';
import { ApplicationFailure } from '@temporalio/activity';
import type { DatasetCatalog, Selection } from '../dataset-catalog.ts';
import type { Dispatcher, RunIdentity } from '../dispatcher.ts';
import { failureTypes } from '../failure-types.ts';
import type { ProgressSignals } from '../progress-signals.ts';
import type { TrainJob } from '../trainer-link.ts';
import { followJob } from './follow-job.ts';
import { imagesOf } from './run-images.ts';

export interface TrainMemberArgs {
  run: RunIdentity;
  /** Place in the plan: members of lower ones get trainers first. */
  position: number;
  index: number;
  key: string;
  spec: MemberSpec;
  /** What the plan found: published before this run wanted it. */
  finished: boolean;
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
}

/** Has one member trained, or finds it finished. */
export async function trainOneMember(deps: TrainMemberDeps, args: TrainMemberArgs): Promise<MemberResult> {
  const { run, position, index, key, spec, datasetDigest, selection } = args;
  const { role, epochs } = spec;
  const published = await readManifest(deps.store, 'members', key);
  if (published !== null) {
    deps.publish(key, {
      done: epochs,
      total: epochs,
      loss: published.loss,
      imagesPerSecond: 0,
      worker: published.worker,
      state: 'finished',
    });
    return toResult(args, published, args.finished);
  }
  const { normal, unlabeled } = await imagesOf(deps.catalog, datasetDigest, selection);
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
      onBeat: (progress) => {
        news.report(progress);
        // Once a trainer works on it, the trainer says so itself.
        if (progress.state === 'waiting') deps.publish(key, progress);
      },
    });
  } finally {
    news.close();
  }
  const manifest = await readManifest(deps.store, 'members', key);
  if (manifest === null) {
    throw new Error(`${role} ${index}: the trainer finished, but member ${key} is not published`);
  }
  return toResult(args, manifest, false);
}

function toResult(args: TrainMemberArgs, manifest: Manifest, reused: boolean): MemberResult {
  const { key, index, spec } = args;
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
    reused,
  };
}
