import { spawn } from 'node:child_process';

/** How long a program that opens files may take to say that it cannot. */
const limitMs = 3_000;

/**
 * Hands a file to what the system opens files with: `xdg-open`, on WSL `wslview`.
 * @throws where none of them is there, or the one that is says that it failed
 */
export async function openFile(path: string): Promise<void> {
  const failures: string[] = [];
  for (const program of ['wslview', 'xdg-open']) {
    const failure = await start(program, path);
    if (failure === null) return;
    failures.push(`${program}: ${failure}`);
  }
  throw new Error(failures.join('; '));
}

/** @returns null once it ended well, or still runs after the limit; else what was wrong */
function start(program: string, path: string): Promise<string | null> {
  return new Promise((settle) => {
    // On its own, so that closing this terminal does not close the browser.
    const child = spawn(program, [path], { detached: true, stdio: 'ignore' });
    const end = (failure: string | null) => {
      clearTimeout(timer);
      settle(failure);
    };
    const timer = setTimeout(() => {
      child.unref();
      settle(null);
    }, limitMs);
    child.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ENOENT' ? 'not installed' : error.message),
    );
    child.once('exit', (code) => end(code === 0 ? null : `ended with ${code}`));
  });
}
