import type { RunResult } from '@ddad/contract';
import { forkChild } from '@ddad/platform';
import { ObjectNotFound, type ObjectReader } from '@ddad/storage';
import type { FromExport, ObjectAnswer, ToExport } from './messages.ts';

const entry = new URL('./export-process.ts', import.meta.url);

/**
 * Writes a finished run's scorer as an ONNX model.
 * @param signal ends it
 * @returns paths of what was written
 * @throws where it cannot be exported, with the reason; what the store throws
 */
export type ExportRun = (result: RunResult, file: string, signal?: AbortSignal) => Promise<readonly string[]>;

/**
 * Exports runs in a process of their own, one at a time: weights fill the memory, and writing them keeps a process busy for seconds.
 * @param methods modules of further methods
 */
export function exportInProcess(store: ObjectReader, methods: readonly string[]): ExportRun {
  let last: Promise<unknown> = Promise.resolve();
  return (result, file, signal) => {
    const turn = last.then(() => exportOne(store, { type: 'start', result, methods, file }, signal));
    last = turn.catch(() => {});
    return turn;
  };
}

async function exportOne(
  store: ObjectReader,
  order: Extract<ToExport, { type: 'start' }>,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  signal?.throwIfAborted();
  const child = forkChild<ToExport, FromExport>(entry, {});
  const stop = () => void child.kill();
  signal?.addEventListener('abort', stop, { once: true });
  let outcome: Exclude<FromExport, { type: 'wanted' }> | null = null;
  /** What of the store's own kept it from working, if anything. */
  let fault: unknown = null;
  child.onMessage((message) => {
    if (message.type !== 'wanted') {
      outcome = message;
      return;
    }
    void readFor(store, message).then(({ answer, error }) => {
      if (error !== null && !(error instanceof ObjectNotFound)) fault = error;
      child.send(answer);
    });
  });
  try {
    child.send(order);
    const exit = await child.exited;
    signal?.throwIfAborted();
    return filesOf(outcome, fault, `${exit.signal ?? `code ${exit.code}`}: ${child.errorTail()}`);
  } finally {
    signal?.removeEventListener('abort', stop);
    await child.kill();
  }
}

function filesOf(
  outcome: Exclude<FromExport, { type: 'wanted' }> | null,
  fault: unknown,
  end: string,
): readonly string[] {
  if (outcome?.type === 'finished') return outcome.files;
  if (fault !== null) throw fault;
  throw new Error(outcome?.message ?? `the process that exports it ended with ${end}`);
}

async function readFor(
  store: ObjectReader,
  { id, key, path }: Extract<FromExport, { type: 'wanted' }>,
): Promise<{ answer: ObjectAnswer; error: unknown }> {
  try {
    const content = path === null ? await store.get(key) : new Uint8Array();
    if (path !== null) await store.getToFile(key, path);
    return { answer: { type: 'object', id, content }, error: null };
  } catch (error) {
    const missing = error instanceof ObjectNotFound;
    const message = error instanceof Error ? error.message : String(error);
    return { answer: { type: 'no object', id, missing, message }, error };
  }
}
