import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type Logger, type WorkflowBundleOption } from '@temporalio/worker';

let bundle: Promise<WorkflowBundleOption> | null = null;

/**
 * The workflows as the sandbox loads them, bundled once per process.
 * @param made path of a bundle of the same version that was made beforehand: a coordinator that is replaced during a run
 *   should be back sooner than trainers give its jobs up
 */
export function workflowBundle(logger?: Logger, made?: string): Promise<WorkflowBundleOption> {
  if (made !== undefined) return Promise.resolve({ codePath: made });
  bundle ??= bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./workflows/index.ts', import.meta.url)),
    ...(logger === undefined ? {} : { logger }),
  });
  return bundle;
}
