import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** A process that logs to `output`, a shell's redirection or pipe, then says so on its standard error and fails. */
function logging(output: string) {
  const logger = JSON.stringify(new URL('./logger.ts', import.meta.url).href);
  const program = `
    import { createLogger } from ${logger};
    const logger = createLogger('scorer', 'info');
    for (let i = 0; i < 1000; i += 1) logger.info({ i }, 'a line');
    process.stderr.write('logged');
    process.exitCode = 3;`;
  return spawnSync(
    'bash',
    ['--norc', '-c', `"$NODE" --input-type=module -e "$PROGRAM" ${output}; exit \${PIPESTATUS[0]}`],
    {
      env: { PATH: process.env.PATH, NODE: process.execPath, PROGRAM: program },
      encoding: 'utf8',
      timeout: 30_000,
    },
  );
}

test.each(['> /dev/full', '>&-', '| true'])(
  'a log that nobody takes (%s) neither ends nor holds up a service',
  (output) => {
    expect(logging(output)).toMatchObject({ status: 3, signal: null, stderr: 'logged' });
  },
);

test('every line of others is there, whole', () => {
  const { stdout, status } = logging('| cat');
  expect(status).toBe(3);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { i: number }).i)).toEqual([...Array(1000).keys()]);
});
