import {
  type BriefResult,
  describeAxes,
  type ExperimentProgress,
  type ExperimentResult,
  experimentKey,
  workflowType,
} from '@ddad/contract';
import { type Duration, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  CancelledFailure,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  type ChildWorkflowHandle,
  defineQuery,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  sleep,
  startChild,
  TerminatedFailure,
  type Workflow,
  workflowInfo,
} from '@temporalio/workflow';
import type { ExperimentPlan } from '../activities/experiment.ts';
import { planExperiment, publishExperiment } from './activity-stubs.ts';
import { audit } from './audit-sinks.ts';
import { ExperimentState } from './experiment-state.ts';
import { planFailure, workflowFailure } from './failures.ts';
import { sharedArtifacts } from './sharing.ts';

export const experimentProgressQuery = defineQuery<ExperimentProgress>('progress');

/**
 * Trains and scores every combination of an experiment's axes as a run of its own (child workflow `trainEnsemble`). Runs
 * share members, maps and refiners by key: what two of them want is made once, and what was finished before not at all, so
 * that an experiment that is started again goes on. A run that fails leaves the others alone.
 * @param raw the experiment (`ExperimentInput`), as it came: the plan checks it.
 * @throws ApplicationFailure of type InvalidInput with every fault of every combination in its message and details.
 */
export async function experiment(raw: unknown): Promise<ExperimentResult> {
  const state = new ExperimentState();
  setHandler(experimentProgressQuery, () => state.progress());
  audit.started();
  try {
    const startedAt = Date.now();
    const planned = await makePlan(raw);
    const { workflowId, runId } = workflowInfo();
    state.planned(planned.runs.map(({ axes }, place) => ({ axes, workflowId: childId(workflowId, place) })));
    const results = await runAll(planned, state);
    const finished = results.flatMap((run) => ('result' in run ? [run.result] : []));
    const result: ExperimentResult = {
      experimentId: runId,
      runs: state.progress().runs.map(({ state: _, ...run }, place) => {
        const outcome = results[place]!;
        return 'result' in outcome
          ? { ...run, report: outcome.result.report }
          : { ...run, report: null, failure: outcome.failure };
      }),
      artifacts: sharedArtifacts(finished),
      seconds: (Date.now() - startedAt) / 1000,
      files: { experiment: experimentKey(runId) },
    };
    await publishExperiment.executeWithOptions({ summary: 'experiment.json' }, [
      { ...result, input: planned.experiment },
    ]);
    state.finished();
    return result;
  } catch (error) {
    const failure = workflowFailure(error);
    if (isCancellation(failure)) audit.cancelled();
    throw failure;
  }
}

async function makePlan(raw: unknown): Promise<ExperimentPlan> {
  try {
    return await planExperiment.executeWithOptions({ summary: 'plan' }, [raw]);
  } catch (error) {
    throw planFailure(error);
  }
}

type Outcome = { result: BriefResult } | { failure: string };

/** Has all runs made, so many at once as the experiment says; ends once none is under way, cancelled or not. */
async function runAll(
  { experiment: { atOnce }, runs, waitsForFormer }: ExperimentPlan,
  state: ExperimentState,
): Promise<Outcome[]> {
  const waits = waitsForFormer === true ? formerRunWaits : [];
  const outcomes: Outcome[] = [];
  let next = 0;
  const lane = async () => {
    while (next < runs.length) {
      const place = next++;
      outcomes[place] = await runOne(place, runs[place]!, state, waits);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(atOnce, runs.length) }, lane));
  const failed = lanes.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return outcomes;
}

/** Has one run made. @throws where the experiment is cancelled, once the run has ended */
async function runOne(
  place: number,
  { axes, input }: ExperimentPlan['runs'][number],
  state: ExperimentState,
  waits: readonly Duration[],
): Promise<Outcome> {
  const start = () =>
    startChild(workflowType, {
      workflowId: childId(workflowInfo().workflowId, place),
      args: [input, { brief: true }],
      staticSummary: describeAxes(axes).slice(0, summaryLength),
      // Confirmed only once the run's trainers are idle.
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    });
  try {
    const child = await startOnceFree(start, waits);
    state.started(place, child.firstExecutionRunId);
    const result = (await child.result()) as BriefResult;
    state.ended(place, 'finished');
    return { result };
  } catch (error) {
    state.ended(place, isCancellation(error) ? 'cancelled' : 'failed');
    if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('cancelled');
    return { failure: reasonOf(error) };
  }
}

/** Between tries to start a run whose name is taken, one and a half minutes in all: longer than a cancelled run takes to end. */
const formerRunWaits = ['2s', '4s', '8s', '16s', '30s', '30s'] as const;

/**
 * Starts a run once its name is free. Of an experiment that was terminated and started again at once, the former runs of the same
 * names are being cancelled still, as their trainers write checkpoints.
 */
async function startOnceFree(
  start: () => Promise<ChildWorkflowHandle<Workflow>>,
  waits: readonly Duration[],
): Promise<ChildWorkflowHandle<Workflow>> {
  const [wait, ...more] = waits;
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError) || wait === undefined) throw error;
  }
  await sleep(wait);
  return startOnceFree(start, more);
}

/** The server takes 400 bytes. */
const summaryLength = 100;

/** `EXPERIMENT-01`, from 1. */
function childId(workflowId: string, place: number): string {
  return `${workflowId}-${String(place + 1).padStart(2, '0')}`;
}

function reasonOf(error: unknown): string {
  if (isCancellation(error)) return 'cancelled';
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return `another run of the name ${error.workflowId} is under way`;
  }
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof TerminatedFailure) return 'terminated';
  return cause instanceof Error ? cause.message : String(cause);
}
