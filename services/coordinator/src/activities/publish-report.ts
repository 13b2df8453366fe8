import {
  describeFaults,
  evaluationKind,
  type Findings,
  faultsOf,
  findingsSchema,
  type RunFacts,
  type RunResult,
  runKeys,
  runResultSchema,
} from '@ddad/contract';
import { artifactKeysOf, MalformedResult, parseReport } from '@ddad/runs';
import { type Manifest, ObjectNotFound, type ObjectStore, readManifest } from '@ddad/storage';
import { ApplicationFailure } from '@temporalio/activity';
import type { z } from 'zod';
import type { DamagedArtifact } from '../damage-report.ts';
import { failureTypes } from '../failure-types.ts';
import { explainByInputs } from './damaged-inputs.ts';
import type { PlanDeps } from './plan.ts';
import { unlessAborted } from './unless-cancelled.ts';

type PublishDeps = Pick<PlanDeps, 'store' | 'onDamage'>;

/**
 * Lays a run's report beside its evaluation: `scores.csv`, where normal images were held out `held-out.json`, and last
 * `report.json`. Doing it again gives the same, so that a retry does no harm; a report of the same graph that has its page by now
 * stays as it is.
 * @param evaluation key of the run's evaluation
 * @param signal nothing is put any more once it is aborted: somebody else may write the report then
 * @returns the run's result, without a page
 * @throws ApplicationFailure of type DamagedArtifact where the evaluation is not what its manifest says; of type StageFailed, which no
 *   retry mends, where it or the result is not of the form that everybody reads
 */
export async function publishReport(
  deps: PublishDeps,
  facts: RunFacts,
  evaluation: string,
  signal: AbortSignal,
): Promise<RunResult> {
  const { store } = deps;
  const read = <T>(work: Promise<T>) => unlessAborted(work, signal);
  const { runId } = facts;
  const inputs = [{ kind: evaluationKind.kind, key: evaluation }];
  try {
    const manifest = await read(readManifest(store, evaluationKind.kind, evaluation));
    if (manifest === null) throw damaged(evaluation, 'expected it to be finished, found no manifest');
    const findings = await read(readFindings(store, manifest));
    const lay = async (name: string, object: string): Promise<string | null> => {
      const file = manifest.files[name];
      if (file === undefined) return null;
      await putUnlessAborted(store, object, await read(store.get(file.object)), signal);
      return object;
    };
    const scores = await lay('scores', runKeys.scores(runId));
    await lay('held-out', runKeys.heldOut(runId));
    const result = { ...facts, ...findings, files: { report: runKeys.report(runId), page: null, scores } };
    const standing = await read(standingReport(store, runId));
    if (standing?.files.page != null && sameGraph(standing, result)) {
      return { ...standing, files: { ...standing.files, page: null } };
    }
    await writeReport(store, result, signal);
    return result;
  } catch (error) {
    if (signal.aborted) throw error;
    throw await explainByInputs(deps, inputs, error, true);
  }
}

/** A run's report.json as it is now; null where there is none that can be read. */
export async function standingReport(store: ObjectStore, runId: string): Promise<RunResult | null> {
  const object = runKeys.report(runId);
  try {
    return parseReport(await store.get(object), object);
  } catch (error) {
    if (error instanceof ObjectNotFound || error instanceof MalformedResult) return null;
    throw error;
  }
}

/** Whether two reports of a run are of the same artifacts: a run that grew has others. */
export function sameGraph(one: RunResult, other: RunResult): boolean {
  const keysOf = (result: RunResult) => [...new Set(artifactKeysOf(result))].sort().join();
  return keysOf(one) === keysOf(other);
}

/** An attempt that is over writes no more: the next one may have written by then. @throws the signal's reason */
export async function putUnlessAborted(
  store: ObjectStore,
  object: string,
  data: string | Buffer,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  await store.put(object, data);
}

/**
 * Writes `report.json`.
 * @param signal see `putUnlessAborted`
 * @throws ApplicationFailure of type StageFailed, which no retry mends, where the result is not of the form that everybody reads
 */
export async function writeReport(store: ObjectStore, result: RunResult, signal: AbortSignal): Promise<void> {
  const parsed = formed(runResultSchema, result, "a run's result");
  await putUnlessAborted(store, result.files.report, `${JSON.stringify(parsed, null, 2)}\n`, signal);
}

async function readFindings(store: ObjectStore, { key, files }: Manifest): Promise<Findings> {
  const file = files.evaluation;
  if (file === undefined) throw damaged(key, 'expected a file evaluation, got none');
  const text = (await store.get(file.object)).toString('utf8');
  return formed(findingsSchema, JSON.parse(text), 'the findings of an evaluation');
}

/** The same run gives the same again: trying once more would never end. */
function formed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = describeFaults(faultsOf(parsed.error, value)).replaceAll('\n', '; ');
  throw ApplicationFailure.nonRetryable(`expected ${what}; ${faults}`, failureTypes.stageFailed);
}

function damaged(key: string, fault: string): ApplicationFailure {
  const details: DamagedArtifact[] = [{ kind: evaluationKind.kind, key, fault }];
  return ApplicationFailure.create({
    message: `published artifacts are damaged: ${evaluationKind.kind} ${key}: ${fault}`,
    type: failureTypes.damagedArtifact,
    nonRetryable: true,
    details: [details],
  });
}
