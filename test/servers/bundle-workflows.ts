import { rm } from 'node:fs/promises';
import { writeWorkflowBundle } from '@ddad/coordinator/workflow-bundle';
import type { TestProject } from 'vitest/node';

/**
 * Bundles the workflows once for all tests that follow, as an image does; each coordinator would else take seconds of both cores for it.
 * @param project whose environment names the file, as WORKFLOWS
 * @returns removes the bundle
 */
export default async function bundleWorkflows({ config }: TestProject): Promise<() => Promise<void>> {
  const { WORKFLOWS: file } = config.env;
  if (typeof file !== 'string') throw new Error(`WORKFLOWS: expected the path of a file, got ${file}`);
  await writeWorkflowBundle(file);
  return () => rm(file, { force: true });
}
