import { fileURLToPath } from 'node:url';
import { processScreens } from './process-screens.ts';
import { runCli } from './program.ts';

const { env: environment } = process;

const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const handlers = new Set<(signal: NodeJS.Signals) => void>();
function onSignal(handler: (signal: NodeJS.Signals) => void): () => void {
  handlers.add(handler);
  for (const signal of signals) process.on(signal, handler);
  return () => {
    handlers.delete(handler);
    for (const signal of signals) process.off(signal, handler);
  };
}

const outputs = processScreens({
  stdout: process.stdout,
  stderr: process.stderr,
  environment,
  // What goes on for hours, as following a run, has nobody left to tell.
  onUnread: () => {
    for (const handler of handlers) handler('SIGTERM');
  },
});
const code = await runCli(process.argv.slice(2), {
  screens: outputs.screens,
  environment,
  cwd: process.cwd(),
  checkout: fileURLToPath(new URL('../../', import.meta.url)),
  onSignal,
});
// Connections that a failed command left must not hold the process; what was written is flushed first.
await outputs.flushed();
process.exit(outputs.exitCode(code));
