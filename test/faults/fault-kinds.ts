import type { FaultKind } from './kinds/fault-kind.ts';
import { floods } from './kinds/floods.ts';
import { fullStoreDisk } from './kinds/full-disks.ts';
import { networkFaults } from './kinds/networks.ts';
import { processFaults } from './kinds/processes.ts';
import { everyProgramFault } from './kinds/programs.ts';
import { sickWorkerKinds } from './kinds/sick-workers.ts';
import { storedObjectFaults } from './kinds/stored-objects.ts';
import { workflowFaults } from './kinds/workflows.ts';

/** All ways to fail that the schedules deal. */
export const faultKinds: readonly FaultKind[] = [
  ...processFaults,
  ...everyProgramFault,
  ...sickWorkerKinds,
  fullStoreDisk,
  ...storedObjectFaults,
  ...networkFaults,
  ...workflowFaults,
  ...floods,
];
