import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { taskQueue, workflowType } from '@ddad/contract';
import { named, stranger } from '@ddad/rpc/testing';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startService, startTestServers, type TestServers } from './servers/index.ts';
import { runDdad } from './test-cluster.ts';

// The development server speaks neither TLS nor asks for keys: a gateway in front of it does, as in a cloud.
let servers: TestServers;
let gateway: Http2SecureServer;
let directory: string;
/** What whoever may in has set. */
let access: Record<string, string>;
const apiKey = 'the-api-key-of-this-test';
const refused: string[] = [];

/** Passes gRPC calls with our API key, from clients with a certificate of our authority, on to `target`. */
function startGateway(target: string): Http2SecureServer {
  const upstream = connect(`http://${target}`);
  const server = createSecureServer({ ...named, requestCert: true, rejectUnauthorized: true });
  server.on('stream', (stream, headers) => {
    if (headers.authorization !== `Bearer ${apiKey}`) {
      refused.push(String(headers[':path']));
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '16' },
        { endStream: true },
      );
      return;
    }
    const call = upstream.request({ ...headers, ':scheme': 'http', ':authority': target });
    const close = () => stream.close();
    call.on('error', close);
    call.on('response', (answer, flags) => {
      if (stream.destroyed) return;
      // NGHTTP2_FLAG_END_STREAM
      const endStream = (flags & 1) === 1;
      stream.respond(answer, { endStream, waitForTrailers: !endStream });
    });
    let trailers = {};
    call.on('trailers', (given) => {
      trailers = Object.fromEntries(Object.entries(given).filter(([name]) => !name.startsWith(':')));
    });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    stream.on('error', () => call.close());
    stream.on('close', () => call.close());
    stream.pipe(call);
    call.pipe(stream);
  });
  server.on('close', () => upstream.close());
  return server.listen(0, '127.0.0.1');
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ddad-temporal-access-'));
  servers = await startTestServers();
  gateway = startGateway(servers.temporal.address);
  await once(gateway, 'listening');
  access = {
    TEMPORAL_ADDRESS: `127.0.0.1:${(gateway.address() as AddressInfo).port}`,
    TEMPORAL_TLS_SERVER_NAME: 'ddad-service',
  };
  for (const [name, text] of Object.entries({
    TLS_CERT: named.cert,
    TLS_KEY: named.key,
    TLS_CA: named.ca,
    API_KEY: apiKey,
  })) {
    const file = join(directory, name);
    await writeFile(file, `${text}\n`, { mode: 0o600 });
    access[`TEMPORAL_${name}_FILE`] = file;
  }
});
afterAll(async () => {
  gateway?.close();
  await servers?.stop();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

test('coordinator and command line reach a Temporal that wants certificates and an API key', async () => {
  const env = { ...servers.env, ...access };
  const coordinator = await startService('coordinator', env);
  try {
    // It takes a coordinator to refuse it: the command line itself starts no such run.
    const connection = await Connection.connect({ address: servers.temporal.address });
    const client = new Client({ connection });
    await client.workflow.start(workflowType, {
      taskQueue,
      workflowId: 'nobodys',
      args: [{ dataset: 'nobodys' }],
    });
    await connection.close();
    const run = await runDdad(['watch', 'nobodys'], env);
    expect(run.stderr).toContain('expected the name of a dataset that was added');
    const listed = await runDdad(['runs'], env);
    expect(listed.stdout).toContain('nobodys');
    expect(refused).toEqual([]);
    for (const said of [coordinator.logs(), run.stderr, run.stdout, listed.stdout])
      expect(said).not.toContain(apiKey);
  } finally {
    expect(await coordinator.stop()).toBe(true);
  }
});

test.each([
  ['another API key', { TEMPORAL_API_KEY: 'another-key' }, 'TEMPORAL_API_KEY_FILE'],
  [
    "a stranger's certificate",
    { TEMPORAL_TLS_CERT: stranger.cert, TEMPORAL_TLS_KEY: stranger.key },
    'TEMPORAL_TLS_CERT_FILE TEMPORAL_TLS_KEY_FILE',
  ],
  ['no name for the server', {}, 'TEMPORAL_TLS_SERVER_NAME'],
])('with %s nobody gets in, and the command line says so at once', async (_what, set, unset) => {
  const env: Record<string, string> = { ...servers.env, ...access, ...set };
  for (const name of unset.split(' ')) delete env[name];
  const { code, stderr } = await runDdad(['runs'], env);
  expect(code).toBe(1);
  expect(stderr).toContain(`Temporal at ${access.TEMPORAL_ADDRESS}`);
  expect(stderr).not.toContain('another-key');
});
