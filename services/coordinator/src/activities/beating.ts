import { Context } from '@temporalio/activity';

/**
 * Keeps an activity alive from its beginning to its end, whatever it does meanwhile: one that is silent for longer than its timeout
 * is tried again beside itself, and hears of its cancellation no more.
 * @param beatMs time between two heartbeats, in ms
 * @param beat sends one; with nothing in it unless given
 */
export async function beating<T>(
  beatMs: number,
  work: () => Promise<T>,
  beat: () => void = heartbeatOf(Context.current()),
): Promise<T> {
  const timer = setInterval(beat, beatMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

const heartbeatOf = (context: Context) => () => context.heartbeat();
