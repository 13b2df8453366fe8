/** A parent for child.test.ts to kill: starts a process and tells its id; it never ends by itself. */
import { forkChild } from '@ddad/platform';
import type { TestTask } from './job-process.testing.ts';
import type { FromChild, ToChild } from './messages.ts';

const [trace, directory, loadMs] = process.argv.slice(2);
const task: TestTask = {
  trace: trace!,
  directory: directory!,
  checkpoint: null,
  epochs: 1000,
  stepMs: 200,
  dieBefore: null,
  deaf: false,
  diverge: false,
};
const child = forkChild<ToChild<TestTask>, FromChild>(new URL('./job-process.testing.ts', import.meta.url), {
  TEST_LOAD_MS: loadMs!,
});
child.send({ type: 'start', task, checkpointMs: 600_000 });
process.stdout.write(`child ${child.pid}\n`);
child.onMessage((message) => process.stdout.write(`${message.type}\n`));
