import type { ChildExit } from '@ddad/platform';
import type { MemoryKills } from './memory-kills.ts';

/** What is known of a job's process that ended without a word. */
export interface ProcessEnd extends ChildExit {
  /** The end of what it wrote to its standard error. */
  stderr: string;
  /** The kernel's counts when it began and when it had ended. */
  killsBefore: MemoryKills | null;
  killsAfter: MemoryKills | null;
}

/**
 * How a job's process ended, and for what likely cause, for people: in the run, where nobody sees the worker's log. Nothing of
 * what it wrote, which may name images.
 */
export function describeEnd(end: ProcessEnd): string {
  const { code, signal } = end;
  if (signal === null) return `the job's process ended early with code ${code}`;
  return `the job's process was ended by signal ${signal}; likely cause: ${causeOf(signal, end)}`;
}

function causeOf(signal: NodeJS.Signals, end: ProcessEnd): string {
  switch (signal) {
    case 'SIGKILL':
      return causeOfKill(end);
    case 'SIGABRT':
      return end.stderr.includes('heap out of memory')
        ? 'the memory that Node allows itself for JavaScript is used up (--max-old-space-size)'
        : 'a check in TensorFlow or Node failed; the last words are in the log of the worker';
    case 'SIGILL':
      return 'TensorFlow was built for another processor';
    case 'SIGBUS':
      return 'a file that it read as memory was cut off, or the disk is full';
    case 'SIGSEGV':
    case 'SIGFPE':
      return 'a fault in native code (TensorFlow, or the driver of a GPU)';
    case 'SIGTERM':
    case 'SIGINT':
    case 'SIGHUP':
      return 'somebody ended it before it had begun';
    default:
      return 'somebody sent it';
  }
}

function causeOfKill({ killsBefore, killsAfter }: ProcessEnd): string {
  if (killsBefore === null || killsAfter === null || killsBefore.of !== killsAfter.of) {
    return 'the kernel, as memory ran out, or somebody (kill -9)';
  }
  if (killsAfter.count > killsBefore.count) {
    return killsAfter.of === 'cgroup'
      ? 'the kernel, as memory ran out: it counts a process of the worker, or of its container, that it killed'
      : 'the kernel, as memory ran out: it counts a process of this machine that it killed meanwhile';
  }
  const counts = killsAfter.of === 'cgroup' ? 'here' : 'on this machine';
  return `somebody (kill -9, or whoever runs the container): the kernel counts none that it killed ${counts} as memory ran out`;
}
