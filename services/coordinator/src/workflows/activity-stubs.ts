import { ActivityCancellationType, proxyActivities, type RetryPolicy } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { nonRetryableTypes } from '../failure-types.ts';
import { activityQueues } from '../task-queues.ts';

const retry: RetryPolicy = {
  initialInterval: '1s',
  backoffCoefficient: 2,
  maximumInterval: '30s',
  maximumAttempts: 100,
  nonRetryableErrorTypes: nonRetryableTypes,
};
const unlimited: RetryPolicy = { ...retry, maximumAttempts: Number.POSITIVE_INFINITY };

/** Cancelling a run is confirmed only once trainers and scorer are idle again. */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

export const { plan, planMembers, planScoring, planExperiment, publishExperiment } = proxyActivities<
  Pick<Activities, 'plan' | 'planMembers' | 'planScoring' | 'planExperiment' | 'publishExperiment'>
>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30s',
  // Nothing works for a run that is being planned.
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  // No limit of attempts: an object store that is away for a while comes back.
  retry: unlimited,
});

export const { trainMember } = proxyActivities<Pick<Activities, 'trainMember'>>({
  taskQueue: activityQueues.train,
  startToCloseTimeout: '30 days',
  cancellationType,
  // Trainers that are lost do not count against a member: the activity itself knows when to give up (see Setbacks).
  retry: unlimited,
});

export const { makeMaps, makeKCurve, refine, report } = proxyActivities<
  Pick<Activities, 'makeMaps' | 'makeKCurve' | 'refine' | 'report'>
>({
  taskQueue: activityQueues.score,
  startToCloseTimeout: '10 days',
  cancellationType,
  retry,
});
