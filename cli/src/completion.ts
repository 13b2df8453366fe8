import type { Command } from 'commander';

/** Shells for which there are completions. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

interface Word {
  text: string;
  meaning: string;
}

/** What may follow a command: its own commands, or its options. */
interface Place {
  /** Names of the commands that lead here, without the program's. */
  path: readonly string[];
  commands: Word[];
  options: Word[];
}

/**
 * A script that completes commands and options of a program, made from its grammar. What an argument or an option's value may be
 * is left to the shell, which offers files.
 */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, []);
  const name = program.name();
  if (shell === 'fish') return fish(name, places);
  const script = bash(name, places);
  // zsh runs it as it is.
  return shell === 'bash'
    ? script
    : `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${script}`;
}

function placesOf(command: Command, path: readonly string[]): Place[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter((one) => command.commands.includes(one));
  const options = help.visibleOptions(command);
  const own: Place = {
    path,
    commands: commands.map((one) => ({ text: one.name(), meaning: firstSentence(one.description()) })),
    options: options.flatMap(({ long, description }) =>
      long === undefined ? [] : [{ text: long, meaning: firstSentence(description) }],
    ),
  };
  return [own, ...commands.flatMap((one) => placesOf(one, [...path, one.name()]))];
}

function firstSentence(text: string): string {
  return (/^.*?(?=[.:;] |\.$|$)/s.exec(text)?.[0] ?? text).replaceAll(/\s+/g, ' ');
}

function bash(name: string, places: readonly Place[]): string {
  const paths = places.filter(({ path }) => path.length > 0).map(({ path }) => quoted(` ${path.join(' ')}`));
  const words = places.map(({ path, commands, options }) => {
    const texts = [...commands, ...options].map(({ text }) => text).join(' ');
    return `    ${quoted(path.length === 0 ? '' : ` ${path.join(' ')}`)}) words=${quoted(texts)} ;;`;
  });
  return `_${name}() {
  local word path='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
    ${paths.join(' | ')}) path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  word=\${COMP_WORDS[COMP_CWORD]}
  case "$path" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _${name} ${name}
`;
}

function fish(name: string, places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options }) => {
    const seen = path.map((step) => `__fish_seen_subcommand_from ${step}`);
    const before = commands.map(({ text }) => text).join(' ');
    const first = [...seen, ...(before === '' ? [] : [`not __fish_seen_subcommand_from ${before}`])].join(
      '; and ',
    );
    const at = (condition: string) => (condition === '' ? '' : ` -n ${quoted(condition)}`);
    return [
      ...commands.map(
        ({ text, meaning }) => `complete -c ${name} -f${at(first)} -a ${text} -d ${quoted(meaning)}`,
      ),
      ...options.map(
        ({ text, meaning }) => `complete -c ${name}${at(first)} -l ${text.slice(2)} -d ${quoted(meaning)}`,
      ),
    ];
  });
  return `${lines.join('\n')}\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
