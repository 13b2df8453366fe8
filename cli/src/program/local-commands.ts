import type { Command } from 'commander';
import { demoSettings } from '../commands/demo-settings.ts';
import { wholeNumber } from './arguments.ts';
import type { Connections } from './connections.ts';
import type { Invocation } from './invocation.ts';

/**
 * What needs more of this machine than a connection: `ddad trainer` and `demo`.
 * @param endWith takes the exit code of a process that a command was there for
 */
export function addLocalCommands(
  program: Command,
  { screens, checkout, onSignal }: Invocation,
  { cluster, withRun }: Connections,
  endWith: (code: number) => void,
): void {
  const { run } = demoSettings;
  program
    .command('trainer')
    .description(
      'Runs one more trainer on this machine, in the foreground; it gets work at once. Ctrl-C stops it.',
    )
    .option('--id <name>', 'under which it announces itself (default: extra-...)')
    .option('--threads <n>', 'threads of an operation', wholeNumber(1, 1024))
    .action(async (options: { id?: string; threads?: number }) => {
      const { runTrainer } = await import('../commands/trainer.ts');
      endWith(await runTrainer({ cluster: cluster(), checkout, screens, onSignal }, options));
    });

  program
    .command('demo')
    .description(
      `Makes a synthetic dataset, trains ${run.k} + ${run.k} members on it for ${run.epochs} epochs each and prints ` +
        'the scores; minutes on two processor cores. A second call uses the finished members again.',
    )
    .action(async () => {
      const { runDemo } = await import('../commands/demo.ts');
      const { home } = cluster();
      await withRun((deps) => runDemo({ ...deps, home }));
    });
}
