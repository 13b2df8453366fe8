import { closeNats, connectNats, subscribeProgress } from '@ddad/platform';
import type { Subscribe } from './follow-run.ts';

/** Where live figures come from. */
export interface LiveFeed {
  subscribe: Subscribe;
  close(): Promise<void>;
}

/** @throws Error that names the server, where it does not answer within 5 s or refuses the user. */
export async function connectLiveFeed(nats: {
  NATS_URL: string;
  NATS_USER?: string | undefined;
  NATS_PASSWORD?: string | undefined;
}): Promise<LiveFeed> {
  const { NATS_URL: url, NATS_USER: user, NATS_PASSWORD: password } = nats;
  const connection = await connectNats({ url, user, password, name: 'ddad-cli', firstConnectMs: 5_000 });
  return {
    subscribe: (keys, onProgress) => subscribeProgress(connection, keys, onProgress),
    close: () => closeNats(connection),
  };
}
