import type { MemberResult, ReportFacts, RunProgress, RunResult, Stage } from '@ddad/contract';
import {
  ActivityCancellationType,
  type ActivityOptions,
  defineQuery,
  defineSignal,
  proxyActivities,
  type RetryPolicy,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { MemberPlan, RunPlan } from '../activities/plan.ts';
import { failureTypes, nonRetryableTypes } from '../failure-types.ts';
import { memberProgressSignal } from '../member-progress.ts';
import { activityQueues } from '../task-queues.ts';
import { allOrNone } from './all-or-none.ts';
import { inputFailure, stageFailure, workflowFailure } from './failures.ts';
import { RunState } from './run-state.ts';
import { describeRun } from './search-attributes.ts';

const retry: RetryPolicy = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
  maximumAttempts: 100,
  nonRetryableErrorTypes: nonRetryableTypes,
};

/** Cancelling a run is confirmed only once trainers and scorer are idle again. */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

const { plan } = proxyActivities<Pick<Activities, 'plan'>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30s',
  // Nothing works for a run that is being planned.
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  // No limit of attempts: an object store that is away for a while comes back.
  retry: { ...retry, maximumAttempts: Number.POSITIVE_INFINITY },
});

const { trainMember } = proxyActivities<Pick<Activities, 'trainMember'>>({
  taskQueue: activityQueues.train,
  startToCloseTimeout: '30 days',
  cancellationType,
  retry,
});

const { makeMaps, refine, report } = proxyActivities<Pick<Activities, 'makeMaps' | 'refine' | 'report'>>({
  taskQueue: activityQueues.score,
  startToCloseTimeout: '10 days',
  cancellationType,
  retry,
});

export const progressQuery = defineQuery<RunProgress>('progress');
export const progressSignal = defineSignal<[unknown]>(memberProgressSignal);

/**
 * Trains an ensemble, scores the test images and reports.
 * @param raw the run's input (`RunInput`), as it came: the plan checks it.
 * @throws ApplicationFailure; of type InvalidInput with every fault of the input in its message and details.
 */
export async function trainEnsemble(raw: unknown): Promise<RunResult> {
  const state = new RunState();
  setHandler(progressQuery, () => state.progress());
  setHandler(progressSignal, (rows) => state.heard(rows));
  try {
    return await runStages(raw, state);
  } catch (error) {
    throw workflowFailure(error);
  }
}

async function runStages(raw: unknown, state: RunState): Promise<RunResult> {
  const seconds = { plan: 0, train: 0, maps: 0, refine: 0, report: 0, total: 0 };
  const startedAt = Date.now();
  const stage = async <T>(name: Exclude<Stage, 'finished'>, work: () => Promise<T>): Promise<T> => {
    state.enter(name);
    const from = Date.now();
    const result = await work();
    seconds[secondsOf[name]] = (Date.now() - from) / 1000;
    return result;
  };

  const planned = await stage('planning', () => makePlan(raw));
  state.planned(planned);
  if (planned.searchAttributes) describeRun(planned.input);
  const run = identity();
  const images = { run, datasetDigest: planned.datasetDigest, selection: planned.selection };
  const options: ActivityOptions = { heartbeatTimeout: planned.heartbeatTimeoutMs };

  const members = await stage('training', () => trainMembers(planned, state, options));

  const { maps, refiners } = planned;
  if (maps !== null) {
    await stage('maps', () =>
      naming(
        'the maps',
        makeMaps.executeWithOptions({ ...options, summary: 'maps' }, [{ ...images, ...maps }]),
      ),
    );
  }
  await stage('refining', () =>
    allOrNone(
      refiners.map(({ input, spec, key, refinedKey }) => () => {
        const args = { ...images, spec, key, mapsKey: maps?.key ?? null, refinedKey };
        return naming(
          `refiner ${input} (key ${key})`,
          refine.executeWithOptions({ ...options, summary: `refiner ${input}` }, [args]),
        );
      }),
    ),
  );

  const refiner = (input: 'dual' | 'intra') => refiners.find((candidate) => candidate.input === input);
  const known = {
    runId: run.runId,
    dataset: planned.input.dataset,
    synthetic: planned.synthetic,
    backbone: planned.input.backbone,
    k: planned.input.k,
    seed: planned.input.seed,
    members,
    artifacts: {
      maps: maps?.key ?? null,
      rIntra: refiner('intra')!.key,
      rDual: refiner('dual')?.key ?? null,
    },
  };
  const findings = await stage('report', () => {
    const facts: ReportFacts = {
      ...known,
      seconds: { ...seconds, total: (Date.now() - startedAt) / 1000 },
      datasetDigest: planned.datasetDigest,
      refined: {
        rIntra: refiner('intra')?.refinedKey ?? null,
        rDual: refiner('dual')?.refinedKey ?? null,
      },
    };
    return naming('the report', report.executeWithOptions({ ...options, summary: 'report' }, [facts]));
  });
  state.enter('finished');
  seconds.total = (Date.now() - startedAt) / 1000;
  return { ...known, seconds, ...findings };
}

const secondsOf = {
  planning: 'plan',
  training: 'train',
  maps: 'maps',
  refining: 'refine',
  report: 'report',
} as const;

async function makePlan(raw: unknown): Promise<RunPlan> {
  try {
    return await plan.executeWithOptions({ summary: 'plan' }, [raw]);
  } catch (error) {
    throw inputFailure(error);
  }
}

function trainMembers(planned: RunPlan, state: RunState, options: ActivityOptions): Promise<MemberResult[]> {
  const { datasetDigest, selection } = planned;
  const train = async (member: MemberPlan, position: number): Promise<MemberResult> => {
    const { role, index, key, spec, finished } = member;
    const args = { run: identity(), position, index, key, spec, finished, datasetDigest, selection };
    try {
      const result = await trainMember.executeWithOptions({ ...options, summary: `${role} ${index}` }, [
        args,
      ]);
      state.trained(position, result);
      return result;
    } catch (error) {
      state.failed(position);
      throw stageFailure(`member ${role} ${index} (key ${key})`, failureTypes.memberFailed, error);
    }
  };
  return allOrNone(planned.members.map((member, position) => () => train(member, position)));
}

async function naming<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw stageFailure(what, failureTypes.stageFailed, error);
  }
}

function identity() {
  const { workflowId, runId, startTime } = workflowInfo();
  return { workflowId, runId, startedAt: startTime.getTime() };
}
