import { type Command, Option } from 'commander';
import type { RunsOptions } from '../commands/runs.ts';
import { listedStatuses } from '../listed-status.ts';
import type { Screens } from '../screen.ts';
import { age, runReference, wholeNumber } from './arguments.ts';
import type { Connections } from './connections.ts';
import type { Invocation } from './invocation.ts';
import { documented } from './json-option.ts';

/** How long a command waits until what it asked for has come. */
const waitingLimit = ['--limit <seconds>', 'how long to wait', wholeNumber(1, 86_400), 120] as const;

/** Commands that show runs, and have them stop, go on or grow: `ddad runs`, `watch`, `cancel`, ... */
export function addSteeringCommands(
  program: Command,
  { screens: all }: Invocation,
  { methods, store, withTemporal, withRun }: Connections,
): void {
  const runs = program
    .command('runs')
    .description(
      'Lists the latest runs and experiments, finished ones with the AUC of their main score in percent.',
    )
    .option('--limit <n>', 'how many at most', wholeNumber(1, 1000), 20)
    .option('--dataset <name>', 'only those on this dataset')
    .option('--method <name>', 'only those of this method')
    .addOption(new Option('--status <status...>', 'only those that are').choices([...listedStatuses]))
    .option('--since <age>', 'only those that started since then, as 7d or 12h', age)
    .addHelpText(
      'after',
      '\nExamples:\n  $ npx ddad runs\n  $ npx ddad runs --dataset brain --status completed --since 7d',
    );
  documented(runs, all, async (screens, options: RunsOptions) => {
    const { listRunsCommand } = await import('../commands/runs.ts');
    const deps = { store, methods, screens, now: () => new Date() };
    return withTemporal((runs) => listRunsCommand({ ...deps, runs }, options));
  });

  const describe = program
    .command('describe')
    .description(
      'Shows all that is known of a run or an experiment: its input, jobs, scores, and why it failed.',
    )
    .argument(...runReference)
    .addHelpText('after', '\nExample:\n  $ npx ddad describe ddad-brain-20260102-093000-1f2e');
  documented(describe, all, async (screens, run: string) => {
    const { describeCommand } = await import('../commands/describe.ts');
    return withRun((deps) => describeCommand({ ...deps, screens, now: () => new Date() }, run));
  });

  const watch = program
    .command('watch')
    .description(
      'Shows how a run goes until it has ended, and then its scores; of one that has ended, how it ended. Ctrl-C stops ' +
        'watching; the run goes on.',
    )
    .argument(...runReference)
    .addHelpText('after', '\nExample:\n  $ npx ddad watch ddad-brain-20260102-093000-1f2e');
  const watching = async (screens: Screens, run: string) => {
    const { watchRun } = await import('../commands/watch.ts');
    return withRun((deps) => watchRun({ ...deps, screens }, { run }));
  };
  documented(watch, all, watching, 'told');

  const cancel = program
    .command('cancel')
    .description(
      'Cancels a run and waits until its trainers are idle. Finished members and checkpoints stay.',
    )
    .argument(...runReference)
    .option(...waitingLimit)
    .addHelpText('after', '\nExample:\n  $ npx ddad cancel ddad-brain-20260102-093000-1f2e');
  documented(cancel, all, async (screens, run: string, options: { limit: number }) => {
    const { cancelRun } = await import('../commands/cancel.ts');
    return withTemporal((runs) => cancelRun({ runs, screens }, { run, ...options }));
  });

  const pause = program
    .command('pause')
    .description(
      'Pauses a run and waits until its trainers are idle: they stop after a checkpoint and serve other runs.',
    )
    .argument(...runReference)
    .option(...waitingLimit)
    .addHelpText('after', '\nExample:\n  $ npx ddad pause ddad-brain-20260102-093000-1f2e');
  documented(pause, all, async (screens, run: string, options: { limit: number }) => {
    const { pauseRun } = await import('../commands/pause.ts');
    return withTemporal((runs) => pauseRun({ runs, screens }, { run, ...options }));
  });

  const resume = program
    .command('resume')
    .description('Has a paused run go on from its checkpoints.')
    .argument(...runReference)
    .option(...waitingLimit)
    .addHelpText('after', '\nExample:\n  $ npx ddad resume ddad-brain-20260102-093000-1f2e');
  documented(resume, all, async (screens, run: string, options: { limit: number }) => {
    const { resumeRun } = await import('../commands/pause.ts');
    return withTemporal((runs) => resumeRun({ runs, screens }, { run, ...options }));
  });

  const grow = program
    .command('add-members')
    .description('Adds members to a run that still trains; finished and running ones stay as they are.')
    .argument(...runReference)
    .requiredOption('--k <n>', 'members per role from now on, more than now', wholeNumber(3, 64))
    .addHelpText('after', '\nExample:\n  $ npx ddad add-members ddad-brain-20260102-093000-1f2e --k 7');
  documented(grow, all, async (screens, run: string, options: { k: number }) => {
    const { addMembersToRun } = await import('../commands/add-members.ts');
    return withTemporal((runs) => addMembersToRun({ runs, screens }, { run, ...options }));
  });
}
