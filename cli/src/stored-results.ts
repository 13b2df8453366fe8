import { type RunResult, runKeys } from '@ddad/contract';
import { parseReport } from '@ddad/runs';
import type { ObjectStore } from '@ddad/storage';

/**
 * A finished run's result, as its report keeps it. Every object key follows from the run's id: none is taken out of a result.
 * @throws ObjectNotFound where there is no report; MalformedResult where it holds something else
 */
export async function storedResult(store: Pick<ObjectStore, 'get'>, runId: string): Promise<RunResult> {
  const object = runKeys.report(runId);
  return parseReport(await store.get(object), object);
}
