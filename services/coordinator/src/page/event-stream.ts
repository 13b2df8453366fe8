import type { ServerResponse } from 'node:http';
import { type RunNews, ToldCurves } from '@ddad/runs';
import type { FeedState, RunFeed } from './run-feed.ts';

/** How often a silent stream says that it is there, so that nothing on the way takes it for dead. */
const signMs = 15_000;

/** The news of a state for somebody who knows what `told` says. */
export function newsOf({ snapshot, curves }: FeedState, told: ToldCurves): RunNews {
  return { ...snapshot, curves: told.changes(curves) };
}

/**
 * Sends a run's news as server-sent events: `news` with everything first, then what changes, `end` where nothing will come
 * any more. A viewer that does not keep up is told less often: what it missed is in the next news.
 * @param onClose when the stream is over, whoever ended it
 */
export function streamEvents(response: ServerResponse, feed: RunFeed, onClose: () => void): { end(): void } {
  const told = new ToldCurves();
  response.write('retry: 2000\n\n');
  const tell = (state: FeedState) => {
    if (response.writableNeedDrain && !state.ended) return;
    response.write(`event: news\ndata: ${JSON.stringify(newsOf(state, told))}\n\n`);
    if (state.ended) response.end('event: end\ndata: {}\n\n');
  };
  const signs = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': here\n\n');
  }, signMs);
  const leave = feed.view(tell);
  response.once('close', () => {
    clearInterval(signs);
    leave();
    onClose();
  });
  return { end: () => void response.end() };
}
