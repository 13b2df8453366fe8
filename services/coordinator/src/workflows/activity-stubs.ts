import type { Pool } from '@ddad/contract';
import {
  ActivityCancellationType,
  type ActivityOptions,
  proxyActivities,
  type RetryPolicy,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { nonRetryableTypes } from '../failure-types.ts';
import { activityQueues } from '../task-queues.ts';

const retry: RetryPolicy = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
  // An object store that is away for a while comes back; the activities themselves know when to give up (see Setbacks).
  maximumAttempts: Number.POSITIVE_INFINITY,
  nonRetryableErrorTypes: nonRetryableTypes,
};

/** Cancelling a run is confirmed only once whoever works for it is idle. */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

const shortOptions = {
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30s',
  // Nothing works for a run meanwhile.
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry,
} satisfies ActivityOptions;

type Short = 'plan' | 'foresee' | 'replan' | 'grow' | 'planExperiment' | 'publishExperiment';

export const { plan, foresee, replan, grow, planExperiment, publishExperiment } =
  proxyActivities<Pick<Activities, Short>>(shortOptions);

const reporters = {
  settling: proxyActivities<Pick<Activities, 'publishReport'>>({ ...shortOptions, cancellationType }),
  atOnce: proxyActivities<Pick<Activities, 'publishReport'>>(shortOptions),
};

/**
 * The activity that writes a run's report.
 * @param settles whether one that is cancelled, for a pause as well, is waited for: else it may write beside the next one
 */
export function publishReportThat(settles: boolean): (typeof reporters)['settling']['publishReport'] {
  return (settles ? reporters.settling : reporters.atOnce).publishReport;
}

const longOptions = { startToCloseTimeout: '30 days', cancellationType, retry } satisfies ActivityOptions;

const makers = {
  train: proxyActivities<Pick<Activities, 'make'>>({ ...longOptions, taskQueue: activityQueues.train }),
  score: proxyActivities<Pick<Activities, 'make'>>({ ...longOptions, taskQueue: activityQueues.score }),
};

/** The activity that has a node made by a pool's workers. */
export function makeIn(pool: Pool): (typeof makers)[Pool]['make'] {
  return makers[pool].make;
}

/** Whom a run is told to beside its own report: at best, as with pages. */
export const { logToMlflow } = proxyActivities<Pick<Activities, 'logToMlflow'>>({
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30s',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { ...retry, initialInterval: '5s', maximumAttempts: 3 },
});

/** Pages are made at best: the activity itself knows when one has failed too often, and one that kills its scorers ends after days. */
export const { makePage } = proxyActivities<Pick<Activities, 'makePage'>>({
  taskQueue: activityQueues.score,
  startToCloseTimeout: '1 day',
  scheduleToCloseTimeout: '3 days',
  cancellationType,
  retry,
});
