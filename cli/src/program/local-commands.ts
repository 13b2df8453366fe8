import type { Command } from 'commander';
import { demoSettings } from '../commands/demo-settings.ts';
import type { Screens } from '../screen.ts';
import { wholeNumber } from './arguments.ts';
import type { Connections } from './connections.ts';
import type { Invocation } from './invocation.ts';
import { documented } from './json-option.ts';

/**
 * What needs more of this machine than a connection: `ddad trainer` and `demo`.
 * @param endWith takes the exit code of a process that a command was there for
 */
export function addLocalCommands(
  program: Command,
  { screens: all, checkout, onSignal }: Invocation,
  { cluster, withRun }: Connections,
  endWith: (code: number) => void,
): void {
  const { run } = demoSettings;
  const trainer = program
    .command('trainer')
    .description(
      'Runs one more trainer on this machine, in the foreground; it gets work at once. Ctrl-C stops it.',
    )
    .option('--id <name>', 'under which it announces itself (default: extra-...)')
    .option('--threads <n>', 'threads of an operation', wholeNumber(1, 1024));
  documented(trainer, all, async (screens, options: { id?: string; threads?: number; json?: boolean }) => {
    const { runTrainer } = await import('../commands/trainer.ts');
    const ended = await runTrainer({ cluster: cluster(), checkout, screens, onSignal }, options);
    endWith(ended.exitCode);
    return ended;
  });

  const demo = program
    .command('demo')
    .description(
      `Makes a synthetic dataset, trains ${run.k} + ${run.k} members on it for ${run.epochs} epochs each and prints ` +
        'the scores; minutes on two processor cores. A second call uses the finished members again.',
    );
  const work = async (screens: Screens) => {
    const { runDemo } = await import('../commands/demo.ts');
    const { home } = cluster();
    return withRun((deps) => runDemo({ ...deps, screens, home }));
  };
  documented(demo, all, work, 'told');
}
