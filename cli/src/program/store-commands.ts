import { type Command, Option } from 'commander';
import type { PruneOptions } from '../commands/prune.ts';
import { age, wholeNumber } from './arguments.ts';
import type { Connections } from './connections.ts';
import type { Invocation } from './invocation.ts';
import { documented } from './json-option.ts';

/** `ddad prune` and `disk`. */
export function addStoreCommands(
  program: Command,
  { screens: all }: Invocation,
  { store, withTemporal }: Connections,
): void {
  const prune = program
    .command('prune')
    .description(
      'Shows what the store holds that nobody needs: files that no manifest names, checkpoints of finished artifacts and of ' +
        'attempts that nobody went on with, what was damaged and set aside. Nothing that a run under way wants, and no file or ' +
        'artifact younger than a day. The coordinator removes the same once a day, but for what --artifacts adds.',
    )
    .option('--delete', 'remove it')
    .option(
      '--artifacts',
      'also artifacts that no report names (runs that failed, or whose reports were removed), and packed images that no ' +
        "dataset's name stands for",
    )
    .addOption(
      new Option('--older-than <age>', 'age of ended attempts and of what was set aside, as 7d or 12h')
        .argParser(age)
        .default(age('7d'), '7d'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ npx ddad prune\n  $ npx ddad prune --delete\n  $ npx ddad prune --artifacts --older-than 30d --delete',
    );
  documented(prune, all, async (screens, options: PruneOptions) => {
    const { pruneStore } = await import('../commands/prune.ts');
    return withTemporal(async (runs) => pruneStore({ store: await store(), runs, screens }, options));
  });

  const disk = program
    .command('disk')
    .description('Shows what takes how much in the store: by kind, by dataset, and by run.')
    .option('--limit <n>', 'runs in the table, those that take most', wholeNumber(1, 1000), 20)
    .addHelpText('after', '\nExample:\n  $ npx ddad disk');
  documented(disk, all, async (screens, options: { limit: number }) => {
    const { showDisk } = await import('../commands/disk.ts');
    // Names of runs come from Temporal; what takes how much is known without.
    const list = (limit: number) => withTemporal((runs) => runs.list(limit));
    return showDisk({ store: await store(), list, screens }, options);
  });
}
