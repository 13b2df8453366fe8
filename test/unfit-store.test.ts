import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ServiceName } from '@ddad/local-cluster';
import { expect, onTestFinished, test } from 'vitest';
import { runProgram } from './test-cluster.ts';

/** An S3 server in memory that takes every PUT, whatever its condition. @returns its endpoint */
async function startIgnoringStore(objects: Map<string, Buffer>): Promise<string> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://here');
    const key = decodeURIComponent(pathname.split('/').slice(2).join('/'));
    const body = Buffer.concat(await request.toArray());
    const xml = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'application/xml' }).end(text);
    if (request.method === 'PUT') {
      objects.set(key, body);
      response.writeHead(200, { etag: '"some"' }).end();
    } else if (request.method === 'POST' && searchParams.has('delete')) {
      for (const [, gone] of body.toString().matchAll(/<Key>([^<]+)<\/Key>/g)) objects.delete(gone!);
      xml(200, '<DeleteResult></DeleteResult>');
    } else if (searchParams.has('list-type')) {
      const prefix = searchParams.get('prefix') ?? '';
      const listed = [...objects].filter(([one]) => one.startsWith(prefix));
      const contents = listed.map(
        ([one, data]) =>
          `<Contents><Key>${one}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>e</ETag><Size>${data.length}</Size></Contents>`,
      );
      xml(200, `<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`);
    } else {
      const data = objects.get(key);
      if (data === undefined) xml(404, '<Error><Code>NoSuchKey</Code><Message>none</Message></Error>');
      else response.writeHead(200, { 'content-length': data.length }).end(data);
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each<ServiceName>(['trainer', 'scorer', 'coordinator'])(
  'a %s does not start on a store that ignores conditions, and says why before it speaks to anything else',
  async (service) => {
    const scratch = await mkdtemp(join(tmpdir(), 'ddad-unfit-'));
    onTestFinished(() => rm(scratch, { recursive: true, force: true }));
    const objects = new Map<string, Buffer>();
    const main = resolve(import.meta.dirname, `../services/${service}/src/main.ts`);
    const { code, stdout, stderr } = await runProgram(process.execPath, [main], {
      S3_ENDPOINT: await startIgnoringStore(objects),
      S3_ACCESS_KEY: 'somebody',
      S3_SECRET_KEY: 'not-a-secret',
      // Nothing listens there.
      NATS_URL: 'nats://127.0.0.1:1',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      SCRATCH_DIR: scratch,
    });
    expect(code).toBe(1);
    expect(stdout + stderr).toMatch(
      /object store: of 64 conditional PUTs of one key at once, one may win; 64 did \(round 1\)\. Members and other .*expected an S3 store/,
    );
    expect(stdout + stderr).not.toContain('not-a-secret');
    expect([...objects.keys()]).toEqual([]);
  },
);
