import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { type Cluster, readSettings, shapes } from '../cluster.ts';
import { makeDirectory } from '../output-place.ts';
import type { Screens } from '../screen.ts';

/** Has the kernel tell the trainer to end where this process is killed and can pass nothing on. Part of util-linux. */
const endWithParent = ['/usr/bin/setpriv', '--pdeathsig', 'TERM'] as const;

export interface TrainerDeps {
  cluster: Cluster;
  /** Root of the checkout, in which the trainer's program lies. */
  checkout: string;
  screens: Screens;
  /** Registers for signals that this process gets. @returns takes the registration back */
  onSignal(handler: (signal: NodeJS.Signals) => void): () => void;
}

/**
 * `ddad trainer`: runs one more trainer in the foreground until it ends.
 * @returns its name and exit code; 128 + the signal's number where a signal ended it
 */
export async function runTrainer(
  deps: TrainerDeps,
  options: { id?: string; threads?: number; json?: boolean },
): Promise<{ id: string; exitCode: number }> {
  const { cluster, checkout, screens, onSignal } = deps;
  // Checked here, so that what is missing is told in the CLI's words.
  readSettings(cluster, { ...shapes.nats, ...shapes.store });
  const environment = cluster.trainerEnvironment;
  const id = options.id ?? environment.TRAINER_ID ?? `extra-${randomBytes(3).toString('hex')}`;
  const given = environment.SCRATCH_DIR;
  const scratch = given ?? join(cluster.home, 'scratch', `trainer-${id}-${process.pid}`);
  await makeDirectory(scratch);
  screens.err.write(`trainer ${id}, Ctrl-C stops it\n`);
  try {
    const [command, ...args] = [
      ...(existsSync(endWithParent[0]) ? endWithParent : []),
      process.execPath,
      join(checkout, 'services/trainer/src/main.ts'),
    ] as const;
    const child = spawn(command, args, {
      env: {
        ...environment,
        TRAINER_ID: id,
        SCRATCH_DIR: scratch,
        ...(options.threads === undefined ? {} : { TRAINER_THREADS: String(options.threads) }),
      },
      // Standard output is the document's alone.
      stdio: ['ignore', options.json === true ? 2 : 'inherit', 'inherit'],
      // A group of its own: Ctrl-C reaches this process alone and is passed on once. A trainer takes a second
      // signal as the wish to end without finishing its checkpoint.
      detached: true,
    });
    const stopPassing = onSignal((signal) => void child.kill(signal));
    try {
      const exitCode = await new Promise<number>((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (code, signal) =>
          resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
        );
      });
      return { id, exitCode };
    } finally {
      stopPassing();
    }
  } finally {
    if (given === undefined) await rm(scratch, { recursive: true, force: true });
  }
}
