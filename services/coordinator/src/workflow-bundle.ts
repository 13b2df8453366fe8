import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type Logger, type WorkflowBundleOption } from '@temporalio/worker';

let bundle: ReturnType<typeof bundleWorkflowCode> | null = null;

/**
 * The workflows as the sandbox loads them, bundled once per process.
 * @param made path of a bundle of the same version that was made beforehand: a coordinator that is replaced during a run
 *   should be back sooner than trainers give its jobs up
 */
export function workflowBundle(logger?: Logger, made?: string): Promise<WorkflowBundleOption> {
  return made === undefined ? bundled(logger) : Promise.resolve({ codePath: made });
}

/** Makes such a bundle beforehand. @param file path that is given to `workflowBundle`, or as WORKFLOWS to the service */
export async function writeWorkflowBundle(file: string): Promise<void> {
  const silent = () => {};
  const said = { warn: console.warn, error: console.error };
  const { code } = await bundled({ log: silent, trace: silent, debug: silent, info: silent, ...said });
  await writeFile(file, code);
}

function bundled(logger?: Logger): ReturnType<typeof bundleWorkflowCode> {
  bundle ??= bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./workflows/index.ts', import.meta.url)),
    ...(logger === undefined ? {} : { logger }),
  });
  return bundle;
}
