import type { Command } from 'commander';
import { runReference, wholeNumber } from './arguments.ts';
import type { Connections } from './connections.ts';
import type { Invocation } from './invocation.ts';

/** How long a command waits until what it asked for has come. */
const waitingLimit = ['--limit <seconds>', 'how long to wait', wholeNumber(1, 86_400), 120] as const;

/** Commands that show runs, and have them stop, go on or grow: `ddad runs`, `watch`, `cancel`, ... */
export function addSteeringCommands(
  program: Command,
  { screens }: Invocation,
  { withTemporal, withRun }: Connections,
): void {
  program
    .command('runs')
    .description('Lists the latest runs and experiments.')
    .option('--json', 'as one JSON array')
    .option('--limit <n>', 'how many at most', wholeNumber(1, 1000), 20)
    .action(async (options: { json?: boolean; limit: number }) => {
      const { listRunsCommand } = await import('../commands/runs.ts');
      await withTemporal((runs) => listRunsCommand({ runs, screens, now: () => new Date() }, options));
    });

  program
    .command('watch')
    .description(
      'Shows how a run goes until it has ended, and then its scores; of one that has ended, how it ended. Ctrl-C stops ' +
        'watching; the run goes on.',
    )
    .argument(...runReference)
    .option('--json', 'only the result on standard output, as one JSON object; all else on standard error')
    .addHelpText('after', '\nExample:\n  $ npx ddad watch ddad-brain-20260102-093000-1f2e')
    .action(async (run: string, options: { json?: boolean }) => {
      const { watchRun } = await import('../commands/watch.ts');
      await withRun((deps) => watchRun(deps, { run, ...options }));
    });

  program
    .command('cancel')
    .description(
      'Cancels a run and waits until its trainers are idle. Finished members and checkpoints stay.',
    )
    .argument(...runReference)
    .option(...waitingLimit)
    .addHelpText('after', '\nExample:\n  $ npx ddad cancel ddad-brain-20260102-093000-1f2e')
    .action(async (run: string, options: { limit: number }) => {
      const { cancelRun } = await import('../commands/cancel.ts');
      await withTemporal((runs) => cancelRun({ runs, screens }, { run, ...options }));
    });

  program
    .command('pause')
    .description(
      'Pauses a run and waits until its trainers are idle: they stop after a checkpoint and serve other runs.',
    )
    .argument(...runReference)
    .option(...waitingLimit)
    .addHelpText('after', '\nExample:\n  $ npx ddad pause ddad-brain-20260102-093000-1f2e')
    .action(async (run: string, options: { limit: number }) => {
      const { pauseRun } = await import('../commands/pause.ts');
      await withTemporal((runs) => pauseRun({ runs, screens }, { run, ...options }));
    });

  program
    .command('resume')
    .description('Has a paused run go on from its checkpoints.')
    .argument(...runReference)
    .option(...waitingLimit)
    .addHelpText('after', '\nExample:\n  $ npx ddad resume ddad-brain-20260102-093000-1f2e')
    .action(async (run: string, options: { limit: number }) => {
      const { resumeRun } = await import('../commands/pause.ts');
      await withTemporal((runs) => resumeRun({ runs, screens }, { run, ...options }));
    });

  program
    .command('add-members')
    .description('Adds members to a run that still trains; finished and running ones stay as they are.')
    .argument(...runReference)
    .requiredOption('--k <n>', 'members per role from now on, more than now', wholeNumber(3, 64))
    .addHelpText('after', '\nExample:\n  $ npx ddad add-members ddad-brain-20260102-093000-1f2e --k 7')
    .action(async (run: string, options: { k: number }) => {
      const { addMembersToRun } = await import('../commands/add-members.ts');
      await withTemporal((runs) => addMembersToRun({ runs, screens }, { run, ...options }));
    });
}
