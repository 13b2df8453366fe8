import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { formatHostPort, type HostPort, isLoopbackHost, parseHostPort, workersPath } from '@ddad/contract';
import { ConnectionRoom, peerOf } from '@ddad/platform';
import { buildRunPage, buildRunsPage, contentPolicy } from '@ddad/report/progress';
import { type RunEntry, ToldCurves } from '@ddad/runs';
import { newsOf, streamEvents } from './event-stream.ts';
import { type Refusal, refusalOf } from './request-guard.ts';
import type { RunFeedDeps } from './run-feed.ts';
import { RunFeeds, TooManyFeeds } from './run-feeds.ts';

export interface PageServerDeps extends RunFeedDeps {
  /** host:port, port 0 for any free one. */
  listen: string;
}

export interface PageServer {
  /** `http://host:port`, without a path. */
  url: string;
  close(): Promise<void>;
}

const listedRuns = 100;
/** For how long the list of runs serves whoever asks for it. */
const listMs = 2_000;
/** Viewers of all runs together. */
const viewerLimit = 256;

/** Of every answer: nothing may embed, keep or guess at it. */
const commonHeaders = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/**
 * Serves the progress pages, read-only: `/runs`, `/runs/RUN` with its events, how the workers are as JSON, and on loopback a
 * finished run's report, which holds pictures.
 * @throws where it cannot listen
 */
export async function startPageServer(deps: PageServerDeps): Promise<PageServer> {
  const { listen, logger, source } = deps;
  const place = parseHostPort(listen);
  if (place === null) throw new Error(`expected host:port to listen on, got ${listen}`);
  const { host } = place;
  const feeds = new RunFeeds(deps);
  const streams = new Set<{ end(): void }>();
  let list: { at: number; runs: Promise<RunEntry[]> } | null = null;

  const runs = () => {
    if (list === null || deps.now() - list.at > listMs) {
      const asked = { at: deps.now(), runs: source.list(listedRuns) };
      // A failure is told to those who wait for it, and to nobody later.
      asked.runs.catch(() => {
        if (list === asked) list = null;
      });
      list = asked;
    }
    return list.runs;
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(request, host);
    if (refusal !== null) return refuse(response, refusal);
    const path = new URL(request.url ?? '/', 'http://pages').pathname;
    if (path === '/') {
      response.writeHead(302, { ...commonHeaders, Location: '/runs' }).end();
      return;
    }
    if (path === '/runs') return sendPage(response, buildRunsPage(await runs(), deps.workers(), new Date()));
    if (path === workersPath) {
      response
        .writeHead(200, { ...commonHeaders, 'Content-Type': 'application/json; charset=utf-8' })
        .end(request.method === 'HEAD' ? undefined : JSON.stringify({ workers: deps.workers() }));
      return;
    }
    const [, reference, part] = /^\/runs\/([^/]{1,1000})(\/events|\/report)?$/.exec(path) ?? [];
    const run = reference === undefined ? null : decoded(reference);
    const feed = run === null ? null : await feeds.open(run);
    if (feed === null) return refuse(response, { status: 404, reason: 'there is no such page' });
    switch (part) {
      case '/events': {
        if (streams.size >= viewerLimit) return refuse(response, tooMany);
        response.writeHead(200, { ...commonHeaders, 'Content-Type': 'text/event-stream' });
        if (request.method === 'HEAD') {
          response.end();
          return;
        }
        const peer = peerOf(request.socket);
        const stream = streamEvents(response, feed, {
          onKeepingUp: (keepsUp) => (keepsUp ? room.vouch(peer) : room.release(peer)),
          onClose: () => streams.delete(stream),
        });
        streams.add(stream);
        return;
      }
      case '/report': {
        if (!isLoopbackHost(host)) {
          return refuse(response, {
            status: 403,
            reason: 'reports hold pictures: they are served on loopback only; npx ddad report fetches them',
          });
        }
        const page = feed.hasPage ? await source.report(feed.executionId) : null;
        if (page === null) return refuse(response, { status: 404, reason: 'this run has no report yet' });
        return sendPage(response, page, reportPolicy);
      }
      default:
        return sendPage(response, buildRunPage(newsOf(feed.state(), new ToldCurves())));
    }
  }

  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 20_000,
    connectionsCheckingInterval: 5_000,
    maxHeaderSize: 16_384,
  });
  // Of a viewer that takes nothing in.
  server.timeout = 60_000;
  // Half requests, and viewers that do not read, go for those who ask and read.
  const room = new ConnectionRoom(server, viewerLimit * 2);
  server.on('request', (request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (error instanceof TooManyFeeds) return refuse(response, tooMany);
      logger.warn({ err: error }, 'a progress page could not be made');
      if (response.headersSent) response.destroy();
      else
        refuse(response, { status: 503, reason: 'Temporal or the store does not answer; try again later' });
    });
  });
  await listening(server, place);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://${formatHostPort({ host, port })}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const stream of streams) stream.end();
      feeds.close();
      server.closeIdleConnections();
      // A viewer that does not take its end in must not hold the process.
      const timer = setTimeout(() => server.closeAllConnections(), 1_000);
      await closed;
      clearTimeout(timer);
    },
  };
}

const tooMany: Refusal = {
  status: 503,
  reason: 'too many pages are open',
  headers: { 'Retry-After': '10' },
};

/** A report runs its own script and loads nothing. */
const reportPolicy = `${contentPolicy('main')}; frame-ancestors 'none'`;

function sendPage(
  response: ServerResponse,
  page: string | Buffer,
  policy = `${contentPolicy('progress')}; frame-ancestors 'none'`,
): void {
  response
    .writeHead(200, {
      ...commonHeaders,
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
    })
    .end(response.req.method === 'HEAD' ? undefined : page);
}

function refuse(response: ServerResponse, { status, reason, headers }: Refusal): void {
  response
    .writeHead(status, {
      ...commonHeaders,
      ...headers,
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'",
    })
    .end(`${reason}\n`);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function listening(server: Server, { host, port }: HostPort): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
