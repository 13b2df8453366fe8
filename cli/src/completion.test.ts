import { execFileSync } from 'node:child_process';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { completionScript } from './completion.ts';

function program(): Command {
  const made = new Command('ddad').option('--version', 'which one');
  made
    .command('run')
    .description("Starts a run, whose name isn't known before. More.")
    .option('--k <n>', 'members')
    .option('--json', 'as JSON');
  const dataset = made.command('dataset').description('Datasets.');
  dataset.command('add').description('Adds one.').option('--split <share>', 'test images');
  dataset.command('show').description('Shows one.');
  made.command('hidden', { hidden: true }).description('Not shown.');
  return made;
}

/** What bash offers after these words; the last one is the one to complete. */
function offered(...words: string[]): string[] {
  const script = `${completionScript(program(), 'bash')}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ddad; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' });
  return text.split('\n').filter((word) => word !== '');
}

test('bash offers commands, then their own commands and options', () => {
  expect(offered('ddad', '')).toEqual(['run', 'dataset', '--version', '--help']);
  expect(offered('ddad', 'da')).toEqual(['dataset']);
  expect(offered('ddad', 'dataset', '')).toEqual(['add', 'show', '--help']);
  expect(offered('ddad', 'dataset', 'add', 'brain', 'folder/', '--s')).toEqual(['--split']);
  expect(offered('ddad', 'run', '--k', '5', '--j')).toEqual(['--json']);
  // An argument that is called like a command is none.
  expect(offered('ddad', 'run', 'add', '--')).toEqual(['--k', '--json', '--help']);
});

test('zsh runs what bash does, and fish has a line for each, with what it means', () => {
  const bash = completionScript(program(), 'bash');
  expect(completionScript(program(), 'zsh').endsWith(bash)).toBe(true);
  const fish = completionScript(program(), 'fish').split('\n');
  expect(fish).toContain(
    "complete -c ddad -f -n 'not __fish_seen_subcommand_from run dataset' -a run -d 'Starts a run, whose name isn'\\''t known before'",
  );
  expect(fish).toContain(
    "complete -c ddad -n '__fish_seen_subcommand_from dataset; and __fish_seen_subcommand_from add' -l split -d 'test images'",
  );
  expect(fish.join('\n')).not.toContain('hidden');
});
