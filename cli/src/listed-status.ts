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
