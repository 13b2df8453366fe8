import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { replaceFile } from './replace-file.ts';

const recordedProcess = z.object({
  /** temporal, nats, minio or seaweedfs, coordinator, scorer, trainer-1, ... */
  name: z.string().min(1),
  pid: z.int().positive(),
  startTicks: z.int().nonnegative(),
  bootId: z.string(),
  log: z.string(),
  /** host:port that it listens on; null for one that listens nowhere. */
  address: z.string().nullable(),
});
/** A process that was started, and what tells it from another with its pid. */
export type RecordedProcess = z.infer<typeof recordedProcess>;

const schema = z.object({ format: z.literal(1), processes: z.array(recordedProcess) });

/** Reads `cluster.json`; empty where there is none. */
export function readRecord(path: string): RecordedProcess[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text)).processes;
  } catch (cause) {
    throw new Error(`${path} is damaged: expected the list of started processes`, { cause });
  }
}

export function writeRecord(path: string, processes: RecordedProcess[]): void {
  replaceFile(path, `${JSON.stringify({ format: 1, processes }, null, 2)}\n`);
}
