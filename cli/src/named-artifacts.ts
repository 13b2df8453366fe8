import { artifactKeysOf, MalformedResult, parseReport } from '@ddad/runs';
import { ObjectNotFound, type ObjectStore } from '@ddad/storage';
import { CommandFailure } from './failure.ts';

/** Reports to read at a time. */
const readAtOnce = 16;

/**
 * Keys of all artifacts that the reports in the store name.
 * @throws CommandFailure where a report cannot be read: nobody knows what it names
 */
export async function namedArtifacts(store: Pick<ObjectStore, 'get' | 'list'>): Promise<Set<string>> {
  const reports = (await store.list('reports/')).filter(({ key }) => key.endsWith('/report.json'));
  const named = new Set<string>();
  const read = async (object: string) => {
    try {
      for (const key of artifactKeysOf(parseReport(await store.get(object), object))) named.add(key);
    } catch (error) {
      // Removed since it was listed.
      if (error instanceof ObjectNotFound) return;
      if (!(error instanceof MalformedResult)) throw error;
      throw new CommandFailure(
        `cannot tell which artifacts no run names: ${error.message}; remove that report, or go without --artifacts`,
        undefined,
        { cause: error },
      );
    }
  };
  for (let at = 0; at < reports.length; at += readAtOnce) {
    await Promise.all(reports.slice(at, at + readAtOnce).map(({ key }) => read(key)));
  }
  return named;
}
