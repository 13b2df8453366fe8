import { Context } from '@temporalio/activity';

/** Waits for work that can be left behind, as reading is: a cancelled activity does not wait for a store that is away. */
export function unlessCancelled<T>(work: Promise<T>): Promise<T> {
  return Promise.race([work, Context.current().cancelled]);
}

/** The same by a signal. @throws its reason */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const left = () => reject(signal.reason);
  signal.addEventListener('abort', left);
  if (signal.aborted) left();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', left);
  }
}
