import { JobError } from '@ddad/rpc';
import { type Damage, type ObjectStore, readIntactManifest, setAsideFault } from '@ddad/storage';
import { ApplicationFailure } from '@temporalio/activity';
import type { DamagedArtifact } from '../damage-report.ts';
import { failureTypes } from '../failure-types.ts';

/** A published artifact that a job reads. */
export interface JobInput {
  kind: string;
  key: string;
}

export interface DamagedInputsDeps {
  store: ObjectStore;
  /** A published artifact was damaged and is set aside. */
  onDamage: (damage: Damage) => void;
}

/**
 * What a job ends with that failed: where what it reads is damaged, a failure that says so, for the run to make that again;
 * the damaged are set aside. Reads and digests all inputs, which is done after a failure only.
 * @param ours true where the failure is of our own reading, no worker's
 */
export async function explainByInputs(
  { store, onDamage }: DamagedInputsDeps,
  inputs: readonly JobInput[],
  error: unknown,
  ours = false,
): Promise<unknown> {
  if (!ours && !mayComeFromInputs(error)) return error;
  const damaged: DamagedArtifact[] = [];
  try {
    for (const { kind, key } of inputs) {
      const { manifest, damage } = await readIntactManifest(store, kind, key, { digests: true });
      if (damage !== null) {
        onDamage(damage);
        damaged.push({ kind, key, fault: damage.fault });
      } else if (manifest === null) {
        const fault = await setAsideFault(store, kind, key);
        damaged.push({ kind, key, fault: fault ?? 'expected it to be finished, found no manifest' });
      }
    }
  } catch {
    // The store does not answer, which may be why the job failed, too: a retry will tell.
    return error;
  }
  if (damaged.length === 0) return error;
  const list = damaged.map(({ kind, key, fault }) => `${kind} ${key}: ${fault}`).join('; ');
  return ApplicationFailure.create({
    message: `published artifacts are damaged: ${list}`,
    type: failureTypes.damagedArtifact,
    nonRetryable: true,
    details: [damaged],
    ...(error instanceof Error ? { cause: error } : {}),
  });
}

function mayComeFromInputs(error: unknown): boolean {
  const cause = error instanceof ApplicationFailure ? error.cause : error;
  return cause instanceof JobError && !cause.lost && (cause.kind === 'failed' || cause.kind === 'invalid');
}
