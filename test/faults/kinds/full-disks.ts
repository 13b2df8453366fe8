import { setTimeout as delay } from 'node:timers/promises';
import type { FaultCluster } from '../fault-cluster.ts';
import type { FaultKind } from './fault-kind.ts';

/** A disk without room. @param diskOf null where this machine gives none */
function fullDisk(
  whose: string,
  { phase, mostMs }: Pick<FaultKind, 'phase' | 'mostMs'>,
  diskOf: (cluster: FaultCluster) => FaultCluster['disk'],
): FaultKind {
  return {
    name: `full disk of ${whose}`,
    phase,
    mostMs,
    needsDisks: true,
    async inflict({ cluster, lastsMs }) {
      const disk = diskOf(cluster);
      if (disk === null) return null;
      const free = disk.fill();
      await delay(lastsMs);
      free();
      return `for ${lastsMs} ms`;
    },
  };
}

export const fullStoreDisk = fullDisk("the store's", { phase: null, mostMs: 8000 }, ({ disk }) => disk);

/** Of one trainer, whose jobs then fail at once; the other one has to make them. */
export const fullTrainerDisk = fullDisk(
  "a trainer's",
  { phase: 'training', mostMs: 12_000 },
  ({ scratchDisk }) => scratchDisk,
);
