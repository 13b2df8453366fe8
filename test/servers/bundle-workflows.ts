import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWorkflowBundle } from '@ddad/coordinator/workflow-bundle';

/**
 * Bundles the workflows once for all tests that follow, as an image does; each coordinator would else take seconds of both cores for it.
 * @returns removes the bundle
 */
export default async function bundleWorkflows(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'ddad-test-workflows-'));
  process.env.WORKFLOWS = join(folder, 'workflows.js');
  await writeWorkflowBundle(process.env.WORKFLOWS);
  return () => rm(folder, { recursive: true, force: true });
}
