import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { ProgramSpec } from '@ddad/local-cluster';

/** A small disk that one program's data directory lies on. */
export interface SmallDisk {
  /** How to start the program so that it sees the disk. */
  adapt(program: ProgramSpec): ProgramSpec;
  /** Leaves no room on it but what is taken; the result gives the room back. */
  fill(): () => void;
  close(): Promise<void>;
}

/** Room for what the store keeps of removed objects for a while, or a trainer of checkpoints; memory is taken by what is stored only. */
const size = 4 * 1024 ** 3;

/**
 * Mounts a tmpfs at `directory` in a mount namespace of its own, which needs no root where the kernel gives users
 * namespaces. It lives as long as the process that holds it, so that a killed program finds its data again.
 * @returns null where namespaces are not to be had
 */
export async function smallDisk(directory: string): Promise<SmallDisk | null> {
  mkdirSync(directory, { recursive: true });
  const inside = 'mount -t tmpfs -o size="$1" tmpfs "$2" && echo mounted && exec cat';
  const holder: ChildProcess = spawn(
    'unshare',
    ['--user', '--map-root-user', '--mount', 'sh', '-c', inside, 'sh', String(size), directory],
    // It ends with its standard input, and so with us, whatever ends us.
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const ended = once(holder, 'exit').catch(() => {});
  const mounted = await Promise.race([
    once(holder.stdout!, 'data').then(() => true),
    ended.then(() => false),
  ]);
  if (!mounted || spawnSync('nsenter', ['--version']).status !== 0) {
    holder.kill('SIGKILL');
    return null;
  }
  const enter = ['--preserve-credentials', '--user', '--mount', '--target', String(holder.pid)];
  const resize = (bytes: number) => {
    const options = ['-o', `remount,size=${bytes}`, 'tmpfs', directory];
    const { status, stderr } = spawnSync('nsenter', [...enter, 'mount', ...options], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the small disk could not be resized: ${stderr}`);
  };
  return {
    adapt: (program) => ({
      ...program,
      command: 'nsenter',
      args: [...enter, program.command, ...program.args],
    }),
    fill() {
      const { bsize, blocks, bfree } = statfsSync(join(`/proc/${holder.pid}/root`, directory));
      resize(Math.max(1, blocks - bfree) * bsize);
      return () => resize(size);
    },
    async close() {
      holder.kill('SIGKILL');
      await ended;
    },
  };
}
