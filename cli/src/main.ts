import { fileURLToPath } from 'node:url';
import { runCli } from './program.ts';
import { screenOf } from './screen.ts';

const { env: environment } = process;
const screens = {
  out: screenOf(process.stdout, environment),
  err: screenOf(process.stderr, environment),
};

// A reader that closes its end early (`ddad runs | head`) wants no more, and no stack either.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
function onSignal(handler: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of signals) process.on(signal, handler);
  return () => {
    for (const signal of signals) process.off(signal, handler);
  };
}

const code = await runCli(process.argv.slice(2), {
  screens,
  environment,
  cwd: process.cwd(),
  checkout: fileURLToPath(new URL('../../', import.meta.url)),
  onSignal,
});
// Connections that a failed command left must not hold the process; what was written is flushed first.
await Promise.all(
  [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => stream.write('', () => resolve())),
  ),
);
process.exit(code);
