import { type Command, Option } from 'commander';
import type { PruneOptions } from '../commands/prune.ts';
import { age } from './arguments.ts';
import type { Connections } from './connections.ts';
import type { Invocation } from './invocation.ts';

/** `ddad prune`. */
export function addStoreCommands(
  program: Command,
  { screens }: Invocation,
  { store, withTemporal }: Connections,
): void {
  program
    .command('prune')
    .description(
      'Shows what the store holds that nobody needs: files that no manifest names, checkpoints of finished artifacts and of ' +
        'attempts that nobody went on with, what was damaged and set aside. Nothing that a run under way wants, and no file or ' +
        'artifact younger than a day. The coordinator removes the same once a day, but for artifacts.',
    )
    .option('--delete', 'remove it')
    .option(
      '--artifacts',
      'also artifacts that no report names: runs that failed, or whose reports were removed',
    )
    .addOption(
      new Option('--older-than <age>', 'age of ended attempts and of what was set aside, as 7d or 12h')
        .argParser(age)
        .default(age('7d'), '7d'),
    )
    .option('--json', 'objects and bytes by reason as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  $ npx ddad prune\n  $ npx ddad prune --delete\n  $ npx ddad prune --artifacts --older-than 30d --delete',
    )
    .action(async (options: PruneOptions) => {
      const { pruneStore } = await import('../commands/prune.ts');
      await withTemporal(async (runs) => pruneStore({ store: await store(), runs, screens }, options));
    });
}
