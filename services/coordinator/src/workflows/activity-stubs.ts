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

type Short =
  | 'plan'
  | 'foresee'
  | 'replan'
  | 'grow'
  | 'publishReport'
  | 'planExperiment'
  | 'publishExperiment';

export const { plan, foresee, replan, grow, publishReport, planExperiment, publishExperiment } =
  proxyActivities<Pick<Activities, Short>>({
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: '30s',
    // Nothing works for a run meanwhile.
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry,
  });

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
