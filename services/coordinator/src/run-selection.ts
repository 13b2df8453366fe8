import type { RunSettings } from '@ddad/contract';

/** Id of the node that judges a run's scores. No imports but types: workflows read this file. */
export const evaluationId = 'evaluation';

/** What of a run's input chooses its images; fields that have their default are left out. */
export function selectionOf({ unlabeled, anomalousRate, calibration }: Partial<RunSettings>): {
  unlabeled?: number;
  anomalousRate?: number;
  calibration?: number;
} {
  return {
    ...(unlabeled === undefined ? {} : { unlabeled }),
    ...(anomalousRate === undefined ? {} : { anomalousRate }),
    ...(calibration ? { calibration } : {}),
  };
}
