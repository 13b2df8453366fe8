import { closeNats, connectNats, natsAccess, subscribeProgress } from '@ddad/platform';
import type { Subscribe } from './follow-run.ts';

/** Where live figures come from. */
export interface LiveFeed {
  subscribe: Subscribe;
  close(): Promise<void>;
}

/** @throws Error that names the server, where it does not answer within 5 s or refuses the user. */
export async function connectLiveFeed(nats: Parameters<typeof natsAccess>[0]): Promise<LiveFeed> {
  const connection = await connectNats({ ...natsAccess(nats), name: 'ddad-cli', firstConnectMs: 5_000 });
  return {
    subscribe: (keys, onProgress) => subscribeProgress(connection, keys, onProgress),
    close: () => closeNats(connection),
  };
}
