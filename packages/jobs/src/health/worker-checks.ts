import { storeTime } from '@ddad/storage';
import { clockCheck } from './clock-check.ts';
import { descriptorCheck } from './descriptor-check.ts';
import { deviceCheck } from './device-check.ts';
import type { HealthCheck } from './health-check.ts';
import { scratchCheck } from './scratch-check.ts';

export interface WorkerChecksOptions {
  /** Directory of its jobs' files. */
  scratch: string;
  largestCheckpoint: () => number;
  /** Jobs at a time. */
  slots: number;
  /** How the store is reached. */
  storeAccess: { endpoint: string; proxy?: string };
  /** Program of the process that tries the device. */
  deviceTrial: URL;
  childEnvironment: Record<string, string>;
}

/** All that a worker checks of itself. */
export function workerChecks(options: WorkerChecksOptions): HealthCheck[] {
  const { scratch, largestCheckpoint, slots, storeAccess, deviceTrial, childEnvironment } = options;
  return [
    scratchCheck({ directory: scratch, largestCheckpoint }),
    descriptorCheck({ slots }),
    clockCheck({ store: storeAccess.endpoint, storeTime: () => storeTime(storeAccess) }),
    deviceCheck({ entry: deviceTrial, environment: childEnvironment }),
  ];
}
