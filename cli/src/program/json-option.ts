import type { Command } from 'commander';
import type { Screen, Screens } from '../screen.ts';

/** Results of a command's work, which `--json` prints: one JSON document. */
type Work<Given extends readonly unknown[]> = (screens: Screens, ...given: Given) => Promise<unknown>;

/**
 * Gives a command its action, and `--json`: what the action returns is then all that goes to standard output, as one JSON
 * document on one line. What it says there for people is left out, or goes to the other screen, where warnings and progress are.
 * Every command has its action from here.
 * @param aside where results in words go with `--json`: those of work that somebody may watch are told on the other screen
 */
export function documented<Given extends readonly unknown[]>(
  command: Command,
  screens: Screens,
  work: Work<Given>,
  aside: 'left out' | 'told' = 'left out',
): Command {
  command.option('--json', 'only the result on standard output, as one JSON document (docs/commands.md)');
  return command.action(async (...given) => {
    if (command.optsWithGlobals<{ json?: boolean }>().json !== true) {
      await work(screens, ...(given as unknown as Given));
      return;
    }
    const out = aside === 'told' ? screens.err : mute(screens.out);
    const document = await work({ ...screens, out }, ...(given as unknown as Given));
    writeDocument(screens.out, document);
  });
}

/** Writes the one document of a command. */
export function writeDocument(screen: Screen, document: unknown): void {
  screen.write(`${JSON.stringify(document)}\n`);
}

/** Whether a command line asks for a document, even one that is at fault otherwise. */
export function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).includes('--json');
}

function mute(screen: Screen): Screen {
  return Object.create(screen, {
    write: { value: () => {} },
    draw: { value: () => {} },
  }) as Screen;
}
