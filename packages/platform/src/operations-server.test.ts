import { afterEach, expect, it } from 'vitest';
import { Gauge, type OperationsServer, serveOperations } from './operations-server.ts';
import { serviceRegistry } from './service-registry.ts';

let server: OperationsServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

it('says whether the service lives, takes work, and what it measures', async () => {
  let ready = false;
  const registry = serviceRegistry('thing');
  new Gauge({ name: 'ddad_things', help: 'Things', registers: [registry] }).set(7);
  server = await serveOperations({ address: '127.0.0.1:0', registry, ready: () => ready });
  const get = async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${server?.port}${path}`, { method });
    return { status: response.status, text: await response.text() };
  };
  expect((await get('/healthz')).status).toBe(200);
  expect((await get('/readyz')).status).toBe(503);
  ready = true;
  expect((await get('/readyz')).status).toBe(200);
  const metrics = await get('/metrics');
  expect(metrics.text).toContain('ddad_things{service="thing"} 7');
  expect(metrics.text).toMatch(/^ddad_process_resident_memory_bytes\{service="thing"\} \d+$/m);
  expect((await get('/')).status).toBe(404);
  expect((await get('/metrics', 'POST')).status).toBe(405);
});

it('names the address that it cannot listen on', async () => {
  server = await serveOperations({
    address: '127.0.0.1:0',
    registry: serviceRegistry('thing'),
    ready: () => true,
  });
  const address = `127.0.0.1:${server.port}`;
  await expect(
    serveOperations({ address, registry: serviceRegistry('other'), ready: () => true }),
  ).rejects.toThrow(`cannot listen on ${address}: `);
});
