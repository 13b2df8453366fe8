import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { startInTerminal, type TerminalProgram } from './pseudo-terminal.testing.ts';

const program = fileURLToPath(new URL('./run-in-terminal.testing.ts', import.meta.url));
let terminal: TerminalProgram;
afterEach(() => terminal.close());

const shown = () => terminal.rows().filter((row) => row !== '');
const limits = { timeout: 50_000, interval: 50 };

/** Waits until the terminal shows the display and nothing else: `members` lines, stages, and the line about the whole. */
async function settled(members: number): Promise<string[]> {
  const names = () => shown().map((row) => /^(pid|stu|tut|\.\.\.|✓|\d\/4|\d+:\d\d)/.exec(row)?.[1] ?? row);
  await expect
    .poll(() => names().filter((name) => name !== 'pid'), limits)
    .toEqual([
      ...Array.from({ length: members }, () => 'stu'),
      ...(members < 100 ? ['...'] : []),
      expect.stringMatching(/^✓|2\/4$/),
      expect.stringMatching(/:/),
    ]);
  return shown();
}

async function end(): Promise<void> {
  const pid = Number(/pid (\d+)/.exec(terminal.written())![1]);
  process.kill(pid, 'SIGUSR1');
  expect(await terminal.ended).toBe(0);
}

it('shows what trains of a hundred members, counts the rest, and stays whole when the terminal is resized', async () => {
  terminal = startInTerminal(program, ['50'], { columns: 130, rows: 12 });
  const rows = await settled(7);
  await expect.poll(() => shown()[1], limits).toMatch(/^stu 0 .*left .*loss 0\.\d+ .*▁ .*480 img\/s {2}t1$/);
  expect(rows.at(-3)).toBe('... and 93 more: 93 waiting');
  await expect.poll(() => shown().at(-2), limits).toMatch(/^✓ planning ─ ░░░░░░ training \d % ─ scoring/);
  await expect
    .poll(() => shown().at(-1), limits)
    .toMatch(/4 training, 96 waiting for a trainer, 1920 images\/s/);

  terminal.resize(44, 9);
  await settled(4);
  for (const row of terminal.rows()) expect(row.length).toBeLessThan(44);
  await expect.poll(() => shown().at(-2), limits).toMatch(/^2\/4 ░░░░░░ training \d %$/);

  terminal.resize(120, 30);
  await settled(25);
  await end();
  const finished = terminal.everything().filter((row) => /^(?:stu|tut) \d+ +█+ .*(finished|in 0:)/.test(row));
  expect(finished).toHaveLength(100);
});

it('has no colours where NO_COLOR is set, and colours else', async () => {
  terminal = startInTerminal(program, ['2'], { columns: 100, rows: 20, env: { NO_COLOR: '1' } });
  await expect.poll(() => terminal.written(), limits).toContain('training');
  await end();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are driven by them
  expect(terminal.written()).not.toMatch(/\x1b\[\d*m/);
  terminal.close();
  terminal = startInTerminal(program, ['2'], { columns: 100, rows: 20 });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  await expect.poll(() => terminal.written(), limits).toMatch(/\x1b\[1m.*training/);
  await end();
});

it('writes plain lines for a dumb terminal', async () => {
  terminal = startInTerminal(program, ['2'], { columns: 100, rows: 20, env: { TERM: 'dumb' } });
  await expect.poll(() => terminal.written(), limits).toMatch(/stu 0: epoch \d+ of 1000, loss/);
  await end();
  expect(terminal.written()).not.toContain('\x1b');
  expect(terminal.written()).toMatch(/tut 1: finished( in 0:\d\d)?, loss 0.01000, on t1/);
});
