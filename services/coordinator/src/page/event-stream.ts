import type { ServerResponse } from 'node:http';
import { type RunNews, ToldCurves } from '@ddad/runs';
import type { FeedState, RunFeed } from './run-feed.ts';

/** How often a silent stream says that it is there, so that nothing on the way takes it for dead. */
const signMs = 15_000;

export interface StreamListener {
  /** Whether the viewer takes in what it is sent: at the start, and at every sign of life. */
  onKeepingUp(keepsUp: boolean): void;
  /** The stream is over, whoever ended it. */
  onClose(): void;
}

/** The news of a state for somebody who knows what `told` says. */
export function newsOf({ snapshot, curves }: FeedState, told: ToldCurves): RunNews {
  return { ...snapshot, curves: told.changes(curves) };
}

/**
 * Sends a run's news as server-sent events: `news` with everything first, then what changes, `end` where nothing will come
 * any more. A viewer that does not keep up is told less often: what it missed is in the next news.
 */
export function streamEvents(
  response: ServerResponse,
  feed: RunFeed,
  { onKeepingUp, onClose }: StreamListener,
): { end(): void } {
  const told = new ToldCurves();
  response.write('retry: 2000\n\n');
  const tell = (state: FeedState) => {
    if (response.writableNeedDrain && !state.ended) return;
    response.write(`event: news\ndata: ${JSON.stringify(newsOf(state, told))}\n\n`);
    if (state.ended) response.end('event: end\ndata: {}\n\n');
  };
  onKeepingUp(true);
  const signs = setInterval(() => {
    const keepsUp = !response.writableNeedDrain;
    onKeepingUp(keepsUp);
    if (keepsUp) response.write(': here\n\n');
  }, signMs);
  const leave = feed.view(tell);
  response.once('close', () => {
    clearInterval(signs);
    leave();
    onClose();
  });
  return { end: () => void response.end() };
}
