/**
 * Where the activities that wait for workers wait, by pool. They have queues of their own, so that they never hold the slots
 * of the short activities that sit beside the workflows.
 */
export const activityQueues = { train: 'ddad-train', score: 'ddad-score' } as const;
