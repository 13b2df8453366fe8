import type { Command } from 'commander';

/** A command that does something, by what is typed to have it done: `dataset add`. */
export interface TableEntry {
  name: string;
  command: Command;
}

/** All commands of a program, in the order of its help. One that has commands of its own counts where it takes anything itself. */
export function commandTable(program: Command, above: readonly string[] = []): TableEntry[] {
  return program.commands.flatMap((command) => {
    const path = [...above, command.name()];
    const inner = commandTable(command, path);
    const acts = inner.length === 0 || command.options.length > 0 || command.registeredArguments.length > 0;
    return [...(acts ? [{ name: path.join(' '), command }] : []), ...inner];
  });
}
