import { writeSync } from 'node:fs';

/** How long somebody who reads slowly is waited for, in ms; and between two looks. Who was waited for in vain is not again. */
const patienceMs = 1000;
const pauseMs = 10;
let reads = true;

/**
 * Writes a line of a log, at once. What nobody takes, as the disk is full or the reader has gone, is lost: a log must neither end
 * nor hold up what it tells of. (pino's own destination waits for a full disk for ever, once the process is to end.)
 */
export function writeLogLine(line: string, descriptor = 1): void {
  let rest = Buffer.from(line);
  const giveUpAt = performance.now() + patienceMs;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
      reads = true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || !reads) return;
      if (performance.now() > giveUpAt) reads = false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}
