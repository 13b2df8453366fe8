import { afterAll, beforeAll, beforeEach, vi } from 'vitest';
import type { Activities } from '../activities/index.ts';
import { startWorkflowServer, type WorkflowServer } from './workflow-server.testing.ts';

/**
 * Has each test of a file begin with fake activities that succeed at once; they share a server.
 * @param take gets both before each test
 */
export function fakesEachTest(take: (server: WorkflowServer, fakes: Activities) => void): void {
  let server: WorkflowServer;
  // Real servers, on a machine that may have other work.
  vi.setConfig({ testTimeout: 90_000 });
  beforeAll(async () => {
    server = await startWorkflowServer();
  }, 120_000);
  afterAll(async () => server?.dispose(), 60_000);
  beforeEach(() => take(server, server.reset()));
}
