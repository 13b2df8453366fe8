import type { RunProgress } from '@ddad/contract';
import type { RandomValues } from '../../random-values.ts';
import type { FaultCluster } from '../fault-cluster.ts';

/** The run that is disturbed. */
export interface RunUnderFault {
  workflowId: string;
  /** As it was told last; null before the first time. */
  progress(): RunProgress | null;
  /** Ends it by force and starts it anew under the same name, as somebody at the Temporal UI might. */
  startAnew(): Promise<void>;
}

/** What a fault is done to, and with. */
export interface Victim {
  cluster: FaultCluster;
  run: RunUnderFault;
  random: RandomValues;
  /** How long it lasts, in ms. */
  lastsMs: number;
  /** Artifacts that the fault damages, which then have to be made again. */
  damaged: Set<string>;
}

/** A way to fail. */
export interface FaultKind {
  name: string;
  /** In which part of a run it can be done; null for both. */
  phase: 'training' | 'scoring' | null;
  /** It lasts up to so long. */
  mostMs: number;
  /** Whether it needs disks of its own, which not every machine gives. */
  needsDisks?: true;
  /** Does it, waits, and undoes what does not end by itself. @returns what was done; null where nothing was there */
  inflict(victim: Victim): Promise<string | null>;
}
