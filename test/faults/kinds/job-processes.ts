import type { FaultCluster } from '../fault-cluster.ts';

/** Processes that work on a job now, and whose they are. */
export function jobProcesses({ supervisor }: FaultCluster, owners: readonly string[]) {
  return owners.flatMap((owner) => supervisor.children(owner).map((child) => ({ ...child, owner })));
}

/** Signals one that may have ended. */
export function signalJob(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
