import { pageKind } from '@ddad/contract';
import { type ArtifactObjects, type ObjectStore, readManifest } from '@ddad/storage';
import pLimit from 'p-limit';

/** Manifests of pages read at a time. */
const readAtOnce = 16;

/**
 * The pages that were made of runs, among artifacts: by run, as no report names them, but they hold it. Those that are damaged are
 * nobody's.
 */
export async function pagesByRun(
  store: Pick<ObjectStore, 'get'>,
  artifacts: readonly ArtifactObjects[],
): Promise<Map<string, ArtifactObjects[]>> {
  const pages = artifacts.filter(({ kind, files }) => kind === pageKind.kind && files.length > 0);
  const found = await pLimit(readAtOnce).map(pages, async (page) => {
    const manifest = await readManifest(store, page.kind, page.key).catch(() => null);
    const spec = manifest?.spec as { result?: { runId?: unknown } } | undefined;
    const runId = spec?.result?.runId;
    return typeof runId === 'string' ? [{ runId, page }] : [];
  });
  const owned = Map.groupBy(found.flat(), ({ runId }) => runId);
  return new Map([...owned].map(([runId, own]) => [runId, own.map(({ page }) => page)]));
}
