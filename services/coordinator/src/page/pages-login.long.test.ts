import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { type InventedRun, inventRun, report } from './invented-run.testing.ts';

const root = resolve(import.meta.dirname, '../../../..');
const component = join(root, 'deploy/k8s/components/pages-login');

/** Nobody compiles it for this test, which would take three minutes of a processor: `go install` as docs/operations.md says. */
const program = (process.env.PATH ?? '')
  .split(delimiter)
  .map((directory) => join(directory, 'oauth2-proxy'))
  .find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
if (program === undefined) console.warn('pages-login: left out, as there is no oauth2-proxy in PATH');

/** A client with cookies, which follows nothing by itself. */
class Browser {
  readonly #cookies = new Map<string, string>();

  async get(url: string, init: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(url);
    const cookie = [...this.#cookies]
      .filter(([name]) => name.startsWith(`${origin} `))
      .map(([name, value]) => `${name.slice(origin.length + 1)}=${value}`)
      .join('; ');
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { ...init.headers, cookie },
      signal: AbortSignal.timeout(10_000),
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!;
      if (/expires=Thu, 01 Jan 1970|max-age=0/i.test(set)) this.#cookies.delete(`${origin} ${name}`);
      else this.#cookies.set(`${origin} ${name}`, value!);
    }
    return response;
  }

  /** Follows redirects to what is none. */
  async follow(url: string): Promise<{ url: string; response: Response }> {
    for (let at = url, step = 0; step < 20; step += 1) {
      const response = await this.get(at);
      const location = response.headers.get('location');
      if (location === null) return { url: at, response };
      await response.body?.cancel();
      at = new URL(location, at).href;
    }
    throw new Error(`${url}: expected an end of its redirects`);
  }

  /** Logs in at a provider that asks for a name and then for consent. */
  async logIn(url: string, name: string): Promise<{ url: string; response: Response }> {
    let { url: at, response } = await this.follow(url);
    for (const fields of [{ prompt: 'login', login: name, password: 'any' }, { prompt: 'consent' }]) {
      const action = /<form[^>]*action="([^"]+)"/.exec(await response.text())?.[1];
      if (action === undefined) throw new Error(`${at}: expected a form`);
      const sent = await this.get(new URL(action, at).href, {
        method: 'POST',
        body: new URLSearchParams(fields),
      });
      ({ url: at, response } = await this.follow(new URL(sent.headers.get('location')!, at).href));
    }
    return { url: at, response };
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe.skipIf(program === undefined)('oauth2-proxy, as the component pages-login runs it', () => {
  let run: InventedRun;
  let pages: string;
  let issuer: string;
  const children: ChildProcess[] = [];
  let log = '';

  function start(command: string, args: string[], env: Record<string, string>): ChildProcess {
    const child = spawn(command, args, { env: { PATH: process.env.PATH!, ...env }, stdio: 'pipe' });
    children.push(child);
    for (const stream of [child.stdout, child.stderr])
      stream!.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
    return child;
  }

  beforeAll(async () => {
    run = await inventRun();
    run.finish();
    const [providerPort, proxyPort] = [await freePort(), await freePort()];
    pages = `http://127.0.0.1:${proxyPort}`;
    issuer = `http://127.0.0.1:${providerPort}`;
    const redirect = `${pages}/oauth2/callback`;
    const entry = join(import.meta.dirname, 'oidc-provider.testing.ts');
    start(process.execPath, [entry, String(providerPort), redirect], {});
    await vi.waitFor(() => expect(log).toContain('listening'), { timeout: 30_000 });

    // The component's own arguments, on free ports, and without TLS, which an Ingress ends.
    const [patch] = parse(readFileSync(join(component, 'proxy.yaml'), 'utf8')) as [
      { value: { args: string[] } },
    ];
    const args = patch.value.args.map((argument) =>
      argument
        .replace('--http-address=0.0.0.0:4180', `--http-address=127.0.0.1:${proxyPort}`)
        .replace('--upstream=http://127.0.0.1:8780', `--upstream=${run.server.url}`),
    );
    expect(args.join(' ')).toContain(run.server.url);
    start(program!, [...args, '--cookie-secure=false'], {
      OAUTH2_PROXY_OIDC_ISSUER_URL: issuer,
      OAUTH2_PROXY_CLIENT_ID: 'ddad',
      OAUTH2_PROXY_CLIENT_SECRET: 'secret-of-this-test-alone',
      OAUTH2_PROXY_COOKIE_SECRET: randomBytes(32).toString('base64url'),
      OAUTH2_PROXY_REDIRECT_URL: redirect,
      OAUTH2_PROXY_EMAIL_DOMAINS: 'example.internal',
    });
    await vi.waitFor(async () => expect((await fetch(`${pages}/ping`)).status, log).toBe(200), {
      timeout: 30_000,
    });
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
    await run?.close();
  });

  it('sends who has not logged in to the provider, and scripts away', async () => {
    for (const path of ['/runs', `/runs/${run.entry.id}`, `/runs/${run.entry.id}/report`]) {
      const response = await new Browser().get(`${pages}${path}`);
      expect(response.status, path).toBe(302);
      expect(response.headers.get('location'), path).toMatch(`${issuer}/`);
    }
    for (const path of [`/runs/${run.entry.id}/events`, '/workers.json'])
      expect((await new Browser().get(`${pages}${path}`)).status, path).toBe(401);
  });

  it('shows pages, events and reports to who has', async () => {
    const browser = new Browser();
    const { url, response } = await browser.logIn(`${pages}/runs`, 'ada');
    expect(url, log).toBe(`${pages}/runs`);
    expect(response.status, log).toBe(200);
    expect(await response.text()).toContain(run.entry.id);
    const shown = await browser.get(`${pages}/runs/${run.entry.id}/report`);
    expect(await shown.text()).toBe(report);
    const events = await browser.get(`${pages}/runs/${run.entry.id}/events`);
    expect(events.headers.get('content-type')).toContain('text/event-stream');
    await events.body?.cancel();
    expect((await browser.get(`${pages}/workers.json`)).status).toBe(200);
  });

  it('takes no cookie that it has not made', async () => {
    const made = { cookie: '_oauth2_proxy=anything|1234567890|xyz' };
    const response = await fetch(`${pages}/runs`, { headers: made, redirect: 'manual' });
    expect(response.status).toBe(302);
  });
});
