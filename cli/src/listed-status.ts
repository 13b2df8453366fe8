import { pausedStage } from '@ddad/contract';
import type { RunEntry } from './temporal-runs.ts';

/** What a run or experiment may be, for who looks. To Temporal one that is paused runs. */
export const listedStatuses = [
  'running',
  'paused',
  'completed',
  'failed',
  'cancelled',
  'terminated',
  'timed out',
] as const;
export type ListedStatus = (typeof listedStatuses)[number] | 'other';

/** What a run or experiment is, from what Temporal calls it. @param stage it is in; null where that is not known */
export function listedStatus(status: RunEntry['status'], stage: string | null): ListedStatus {
  return status === 'running' && stage === pausedStage ? 'paused' : status;
}

/** Wall time of a run or experiment in seconds, until now of one that is under way. */
export function wallSeconds({ started, closed }: Pick<RunEntry, 'started' | 'closed'>, now: Date): number {
  return ((closed ?? now).getTime() - started.getTime()) / 1000;
}
