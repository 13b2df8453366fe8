import http from 'node:http';
import https from 'node:https';
import type { S3Config } from './s3-store.ts';

/**
 * The time by an S3 server's clock, to the second, as every answer of its carries it, a refusal too. Asks without credentials: a
 * clock that is wrong would have them refused.
 * @param limitMs time that the answer may take
 * @returns milliseconds since 1970; null where it does not answer, or does not say
 */
export async function storeTime(
  { endpoint, proxy }: Pick<S3Config, 'endpoint' | 'proxy'>,
  limitMs = 5_000,
): Promise<number | null> {
  const { request, Agent } = endpoint.startsWith('https:') ? https : http;
  const agent = new Agent(proxy === undefined ? {} : { proxyEnv: { http_proxy: proxy, https_proxy: proxy } });
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const sent = request(endpoint, { method: 'HEAD', agent, signal: AbortSignal.timeout(limitMs) });
  sent.on('response', (response) => {
    response.resume();
    resolve(response.headers.date ?? null);
  });
  sent.on('error', () => resolve(null));
  sent.end();
  try {
    const date = await promise;
    const time = date === null ? Number.NaN : Date.parse(date);
    return Number.isNaN(time) ? null : time;
  } finally {
    agent.destroy();
  }
}
