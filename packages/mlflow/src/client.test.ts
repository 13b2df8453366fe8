import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MlflowClient, MlflowError } from './client.ts';

let server: Server;
let asked: { method: string; url: string; authorization: string | undefined; body: string }[];
let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;

beforeEach(async () => {
  asked = [];
  answer = (_request, response) => response.end('{}');
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString();
    const { method = '', url = '' } = request;
    asked.push({ method, url, authorization: request.headers.authorization, body });
    answer(request, response, body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function client(deadlineMs = 5_000, signal?: AbortSignal): MlflowClient {
  const { port } = server.address() as AddressInfo;
  return new MlflowClient(
    { address: `http://127.0.0.1:${port}/below`, authorization: 'Bearer secret' },
    { deadlineMs, signal },
  );
}

function fail(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.end(JSON.stringify(body));
}

test('an experiment that is there already is found by its name', async () => {
  answer = ({ url }, response) =>
    url?.includes('create')
      ? fail(response, 400, { error_code: 'RESOURCE_ALREADY_EXISTS', message: 'it is there' })
      : response.end(JSON.stringify({ experiment: { experiment_id: '7', name: 'a b' } }));
  expect(await client().experiment('a b')).toBe('7');
  expect(asked.map(({ method, url, authorization }) => [method, url, authorization])).toEqual([
    ['POST', '/below/api/2.0/mlflow/experiments/create', 'Bearer secret'],
    ['GET', '/below/api/2.0/mlflow/experiments/get-by-name?experiment_name=a%20b', 'Bearer secret'],
  ]);
});

test('logs no more in a call than the server takes', async () => {
  const metrics = Array.from({ length: 2100 }, (_, at) => ({
    key: `m${at}`,
    value: at,
    timestamp: 1,
    step: 0,
  }));
  const params = Array.from({ length: 150 }, (_, at) => ({ key: `p${at}`, value: 'v' }));
  await client().log('r', metrics, params, []);
  const sizes = asked.map(({ body }) => {
    const { metrics: some = [], params: others = [] } = JSON.parse(body);
    return [others.length, some.length];
  });
  expect(sizes).toEqual([
    [100, 0],
    [50, 0],
    [0, 1000],
    [0, 1000],
    [0, 100],
  ]);
});

test('artifacts go through the server, each part of their path by itself', async () => {
  await client().putArtifact(
    { artifact_uri: 'mlflow-artifacts:/1/abc/artifacts' },
    'figures/a b.svg',
    '<svg/>',
  );
  await client().putArtifact(
    { artifact_uri: 'mlflow-artifacts://host:1/1/abc/artifacts' },
    'x',
    Buffer.from('y'),
  );
  const base = '/below/api/2.0/mlflow-artifacts/artifacts/1/abc/artifacts';
  expect(asked.map(({ method, url, body }) => [method, url, body])).toEqual([
    ['PUT', `${base}/figures/a%20b.svg`, '<svg/>'],
    ['PUT', `${base}/x`, 'y'],
  ]);
  await expect(client().putArtifact({ artifact_uri: 's3://bucket/1' }, 'x', 'y')).rejects.toThrow(
    'expected a server that keeps artifacts for its clients (mlflow server --serve-artifacts), got artifacts at s3:',
  );
});

test('says what the server said, its status, and no credential', async () => {
  answer = (_request, response) =>
    fail(response, 403, { error_code: 'PERMISSION_DENIED', message: 'not you' });
  const error: unknown = await client()
    .experiment('x')
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(MlflowError);
  expect(error).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' });
  expect(String(error)).toMatch(/mlflow\/experiments\/create: HTTP 403: PERMISSION_DENIED: not you$/);
  expect(String(error)).not.toContain('secret');
});

test('what is no MLflow server is told so', async () => {
  answer = (_request, response) => response.end('<html>');
  await expect(client().experiment('x')).rejects.toThrow('expected the answer of an MLflow server');
});

test('a server that does not answer, or is not there, fails within the deadline', async () => {
  answer = () => {};
  await expect(client(200).experiment('x')).rejects.toThrow('no answer: the deadline passed');
  const none = new MlflowClient({ address: 'http://127.0.0.1:9', authorization: null });
  await expect(none.experiment('x')).rejects.toThrow(/no answer: .*ECONNREFUSED|no answer: .*port/);
});

test('does not follow a redirection, which would carry the credentials elsewhere', async () => {
  answer = (_request, response) => {
    response.writeHead(302, { location: '/elsewhere' });
    response.end();
  };
  await expect(client().experiment('x')).rejects.toThrow('no answer');
  expect(asked).toHaveLength(1);
});

test('ends a call that gets no answer as soon as it is told to, and makes no other', async () => {
  const ending = new AbortController();
  const reason = new Error('the coordinator shuts down');
  const asking = new Promise<void>((resolve) => {
    answer = () => resolve();
  });
  const one = client(60_000, ending.signal);
  const created = one.experiment('a');
  await asking;
  ending.abort(reason);
  await expect(created).rejects.toBe(reason);
  await expect(one.listArtifacts('r', '')).rejects.toBe(reason);
  expect(asked).toHaveLength(1);
});
