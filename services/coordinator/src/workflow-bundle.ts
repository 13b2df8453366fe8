import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type Logger, type WorkflowBundleOption } from '@temporalio/worker';

type Bundle = ReturnType<typeof bundleWorkflowCode>;

/** By whether they are traced. */
const bundles = new Map<boolean, Bundle>();

export interface BundleOptions {
  logger?: Logger;
  /**
   * Path of a bundle of the same version that was made beforehand, as given to `writeWorkflowBundle`: a coordinator that is
   * replaced during a run should be back sooner than trainers give its jobs up.
   */
  made?: string | undefined;
  /** Workflows with Temporal's interceptors of OpenTelemetry, which the others do not hold. */
  traced?: boolean;
}

/** The workflows as the sandbox loads them, bundled once per process. */
export function workflowBundle({
  logger,
  made,
  traced = false,
}: BundleOptions = {}): Promise<WorkflowBundleOption> {
  return made === undefined
    ? bundled(traced, logger)
    : Promise.resolve({ codePath: bundleFile(made, traced) });
}

/** Where such a bundle lies: `workflows.js`, and beside it `workflows.traced.js` for workflows that are traced. */
export function bundleFile(made: string, traced: boolean): string {
  return traced ? made.replace(/(\.js)?$/, '.traced.js') : made;
}

/** Makes such a bundle beforehand. @param made path that is given to `workflowBundle`, or as WORKFLOWS to the service */
export async function writeWorkflowBundle(made: string, traced = false): Promise<void> {
  const silent = () => {};
  const said = { warn: console.warn, error: console.error };
  const { code } = await bundled(traced, {
    log: silent,
    trace: silent,
    debug: silent,
    info: silent,
    ...said,
  });
  await writeFile(bundleFile(made, traced), code);
}

function bundled(traced: boolean, logger?: Logger): Bundle {
  const path = (name: string) => fileURLToPath(new URL(`./workflows/${name}`, import.meta.url));
  const bundle =
    bundles.get(traced) ??
    bundleWorkflowCode({
      workflowsPath: path('index.ts'),
      ...(traced ? { workflowInterceptorModules: [path('tracing-interceptors.ts')] } : {}),
      ...(logger === undefined ? {} : { logger }),
    });
  bundles.set(traced, bundle);
  return bundle;
}
