import { Agent, get } from 'node:http';

/**
 * An HTTP GET of this machine: never through a proxy, which Node's own `fetch` would take where NODE_USE_ENV_PROXY is set.
 * @param url of loopback
 * @throws where nothing answers whole within `limitMs`
 */
export async function getHere(url: string | URL, limitMs: number): Promise<{ status: number; body: string }> {
  const agent = new Agent();
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  get(url, { agent, signal: AbortSignal.timeout(limitMs) }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      body += text;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    response.on('error', reject);
  }).on('error', reject);
  try {
    return await promise;
  } finally {
    agent.destroy();
  }
}
