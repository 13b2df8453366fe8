import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { canonicalJson, seedOf } from '@ddad/contract';
import { Client } from '@temporalio/client';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { expect, test, vi } from 'vitest';
import { startTemporalServer } from '../temporal-server.testing.ts';
import type { workOutKeys } from './keys.testing.ts';

vi.setConfig({ testTimeout: 120_000 });

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('a workflow works out the keys, digests and seeds that everybody else does', async () => {
  // Fails by itself where the code needs a module of Node's.
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./keys.testing.ts', import.meta.url)),
  });
  const server = await startTemporalServer();
  try {
    const worker = await Worker.create({ connection: server.connection, taskQueue: 'keys', workflowBundle });
    const client = new Client({ connection: server.connection });
    const specs = [
      { b: [1, null, { d: 1e21 }], a: 'Schädel', rate: 0.1 },
      { recipe: 2, role: 'ndm', seed: 2 ** 48 - 1, deep: { of: [[{}]] } },
    ];
    const found = await worker.runUntil(
      client.workflow.execute<typeof workOutKeys>('workOutKeys', {
        taskQueue: 'keys',
        workflowId: 'keys',
        args: [specs],
      }),
    );
    expect(found).toEqual(
      specs.map((spec, index) => ({
        json: canonicalJson(spec),
        key: sha256(canonicalJson(spec)),
        digest: sha256(`${index} ä`),
        seed: seedOf(7, 'udm', index, index),
      })),
    );
  } finally {
    await server.dispose();
  }
});
