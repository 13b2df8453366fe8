import { setTimeout as delay } from 'node:timers/promises';
import { connect, errors, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from './logger.ts';
import { withTimeLimit } from './time-limit.ts';

export type { NatsConnection } from '@nats-io/transport-node';

export interface NatsOptions {
  /** nats://host:port */
  url: string;
  user?: string | undefined;
  password?: string | undefined;
  /** Names the connection in the server's own reports. */
  name: string;
  /** Told when the server goes away and comes back. */
  logger?: Logger;
  /** How long the server may take to appear, 30 s unless given. */
  firstConnectMs?: number;
}

/** What the client library does not tell when asked: whether the server is there just now. */
interface Link {
  cutOff: boolean;
  readonly onBack: Set<() => void>;
}

const links = new WeakMap<NatsConnection, Link>();

/**
 * Connects. Once connected, it reconnects for ever; until then, the server has `firstConnectMs` to appear.
 * @throws where it does not appear, and at once where it refuses user and password.
 */
export async function connectNats(options: NatsOptions): Promise<NatsConnection> {
  const { url, user, password, name, logger, firstConnectMs = 30_000 } = options;
  const giveUpAt = performance.now() + firstConnectMs;
  for (;;) {
    try {
      const nc = await connect({
        servers: url,
        name,
        ...(user === undefined ? {} : { user, inboxPrefix: inboxPrefix(user) }),
        ...(password === undefined ? {} : { pass: password }),
        timeout: Math.max(100, Math.min(5_000, firstConnectMs)),
        maxReconnectAttempts: -1,
        reconnectTimeWait: 500,
        // A server that restarts may refuse everybody for a moment.
        ignoreAuthErrorAbort: true,
        // A server that vanished without a word is noticed after two pings.
        pingInterval: 10_000,
        maxPingOut: 2,
      });
      linkOf(nc, logger);
      return nc;
    } catch (error) {
      const refused = error instanceof errors.AuthorizationError;
      if (refused || performance.now() + 250 > giveUpAt) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(
          refused
            ? `NATS at ${url} refuses the user ${JSON.stringify(user ?? '')} or its password`
            : `NATS at ${url} cannot be reached within ${firstConnectMs} ms: ${reason}`,
          { cause: error },
        );
      }
      await delay(250);
    }
  }
}

/** Under which a user gets its answers: permissions can then keep others from reading them. */
function inboxPrefix(user: string): string {
  return `_INBOX.${user.replace(/[^\w-]/g, '_')}`;
}

function linkOf(nc: NatsConnection, logger?: Logger): Link {
  const before = links.get(nc);
  if (before !== undefined) return before;
  const link: Link = { cutOff: false, onBack: new Set() };
  links.set(nc, link);
  void (async () => {
    for await (const { type } of nc.status()) {
      if (type === 'disconnect') {
        link.cutOff = true;
        logger?.warn('NATS is away');
      } else if (type === 'reconnect') {
        link.cutOff = false;
        logger?.info('NATS is back');
        for (const callback of link.onBack) callback();
      }
    }
  })();
  return link;
}

/** False while the server is away (publishing would queue up), and once the connection is closed or about to be. */
export function isLinked(nc: NatsConnection): boolean {
  return !linkOf(nc).cutOff && !nc.isClosed() && !nc.isDraining();
}

/**
 * Calls back whenever the server has come back.
 * @returns ends it.
 */
export function onRelink(nc: NatsConnection, callback: () => void): () => void {
  const { onBack } = linkOf(nc);
  onBack.add(callback);
  return () => onBack.delete(callback);
}

/** Sends what is still to be sent and closes; after `limitMs` it closes without. Safe to call twice. */
export async function closeNats(nc: NatsConnection, limitMs = 2_000): Promise<void> {
  if (nc.isClosed()) return;
  try {
    if (isLinked(nc)) await withTimeLimit(nc.drain(), limitMs, 'draining NATS');
  } catch {
    // Nothing that travels over NATS is worth waiting for longer.
  } finally {
    await nc.close();
  }
}
