import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { service, strangerToAll } from '@ddad/rpc/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type KubernetesAccess, setPodDeletionCost } from './kubernetes-api.ts';

// The API server itself is met in test/k8s; here, what it is sent and what its answers mean.

let server: Server;
let access: KubernetesAccess;
let received: Record<'method' | 'url' | 'type' | 'token' | 'body', unknown>[];
let status = 200;

beforeEach(async () => {
  received = [];
  status = 200;
  server = createServer({ cert: service.cert, key: service.key }, async (request, response) => {
    const { method, url, headers } = request;
    const body: unknown = JSON.parse(await text(request));
    received.push({ method, url, type: headers['content-type'], token: headers.authorization, body });
    response.writeHead(status).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const credentials = await mkdtemp(join(tmpdir(), 'ddad-service-account-'));
  await writeFile(join(credentials, 'token'), 'first\n');
  await writeFile(join(credentials, 'ca.crt'), service.ca);
  const { port } = server.address() as AddressInfo;
  access = { host: '127.0.0.1', port, namespace: 'ddad', credentials };
});
afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await rm(access.credentials, { recursive: true });
});

it('annotates the pod, with the token that is mounted at that time', async () => {
  expect(await setPodDeletionCost(access, 'trainer-1', 100)).toBe(true);
  await writeFile(join(access.credentials, 'token'), 'renewed\n');
  expect(await setPodDeletionCost(access, 'a/../b', 0)).toBe(true);
  const patch = (cost: string) => ({
    metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } },
  });
  const common = { method: 'PATCH', type: 'application/merge-patch+json' };
  const pods = '/api/v1/namespaces/ddad/pods';
  expect(received).toEqual([
    { ...common, url: `${pods}/trainer-1`, token: 'Bearer first', body: patch('100') },
    { ...common, url: `${pods}/a%2F..%2Fb`, token: 'Bearer renewed', body: patch('0') },
  ]);
});

it('says where there is no such pod, and fails where it is refused', async () => {
  status = 404;
  expect(await setPodDeletionCost(access, 'laptop', 0)).toBe(false);
  status = 403;
  await expect(setPodDeletionCost(access, 'trainer-1', 0)).rejects.toThrow(
    'answered 403 to a patch of pod trainer-1',
  );
});

it('shows its token to no server but the one that the mounted authority knows', async () => {
  await writeFile(join(access.credentials, 'ca.crt'), strangerToAll.ca);
  await expect(setPodDeletionCost(access, 'trainer-1', 0)).rejects.toThrow('does not answer');
  expect(received).toEqual([]);
});
