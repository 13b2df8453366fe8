import { trainTaskQueue } from '@ddad/contract';

/**
 * Where the coordinator's own activities wait. Waiting members and long scorer jobs have queues of their own, so that
 * they never hold the slots of the short activities that sit beside the workflows.
 */
export const activityQueues = { train: trainTaskQueue, score: 'ddad-score' } as const;
