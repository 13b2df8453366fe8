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
import { type Manifest, type ObjectStore, readManifest } from '@ddad/storage';
import { ApplicationFailure } from '@temporalio/activity';
import type { z } from 'zod';
import type { DamagedArtifact } from '../damage-report.ts';
import { failureTypes } from '../failure-types.ts';
import { explainByInputs } from './damaged-inputs.ts';
import type { PlanDeps } from './plan.ts';

type PublishDeps = Pick<PlanDeps, 'store' | 'onDamage'>;

/**
 * Lays a run's report beside its evaluation: `scores.csv`, where normal images were held out `held-out.json`, and last
 * `report.json`. Doing it again gives the same, so that a retry does no harm.
 * @param evaluation key of the run's evaluation
 * @returns the run's result, without a page
 * @throws ApplicationFailure of type DamagedArtifact where the evaluation is not what its manifest says; of type StageFailed, which no
 *   retry mends, where it or the result is not of the form that everybody reads
 */
export async function publishReport(
  deps: PublishDeps,
  facts: RunFacts,
  evaluation: string,
): Promise<RunResult> {
  const { store } = deps;
  const { runId } = facts;
  const inputs = [{ kind: evaluationKind.kind, key: evaluation }];
  try {
    const manifest = await readManifest(store, evaluationKind.kind, evaluation);
    if (manifest === null) throw damaged(evaluation, 'expected it to be finished, found no manifest');
    const findings = await readFindings(store, manifest);
    const scores = await lay(store, manifest, 'scores', runKeys.scores(runId));
    await lay(store, manifest, 'held-out', runKeys.heldOut(runId));
    const result = { ...facts, ...findings, files: { report: runKeys.report(runId), page: null, scores } };
    await writeReport(store, result);
    return result;
  } catch (error) {
    throw await explainByInputs(deps, inputs, error, true);
  }
}

/**
 * Writes `report.json`.
 * @throws ApplicationFailure of type StageFailed, which no retry mends, where the result is not of the form that everybody reads
 */
export async function writeReport(store: ObjectStore, result: RunResult): Promise<void> {
  const parsed = formed(runResultSchema, result, "a run's result");
  await store.put(result.files.report, `${JSON.stringify(parsed, null, 2)}\n`);
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

/** Copies a file of an artifact. @returns its object key; null where the artifact has none such */
async function lay(
  store: ObjectStore,
  { files }: Manifest,
  name: string,
  object: string,
): Promise<string | null> {
  const file = files[name];
  if (file === undefined) return null;
  await store.put(object, await store.get(file.object));
  return object;
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
