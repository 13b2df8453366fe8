// Entry point of the thread that builds a report's page: decoding maps and drawing would hold up the server for seconds.
import { readFile, writeFile } from 'node:fs/promises';
import { workerData } from 'node:worker_threads';
import { buildReport, type MapName, type ReportData, type TestImages } from '@ddad/report';
import { decodeSafetensors } from '@ddad/storage';

/** What the thread is given. */
export interface PageWork {
  data: Omit<ReportData, 'test'> & { test: Omit<TestImages, 'maps'> | null };
  /** Files of the maps by artifact, as the scorer's processes wrote them. */
  maps: Partial<Record<'maps' | 'refined rIntra' | 'refined rDual', string>>;
  /** The page's file. */
  output: string;
}

async function readMaps(files: PageWork['maps']): Promise<TestImages['maps']> {
  const found: TestImages['maps'] = {};
  const read = async (path: string | undefined, take: Record<string, MapName>) => {
    if (path === undefined) return;
    const { tensors } = decodeSafetensors(await readFile(path));
    for (const [tensor, name] of Object.entries(take)) {
      const map = tensors.get(tensor);
      if (map !== undefined) found[name] = map.data;
    }
  };
  await read(files.maps, { recEnsemble: 'recEnsemble', aIntra: 'aIntra', aInter: 'aInter' });
  await read(files['refined rIntra'], { maps: 'rIntra' });
  await read(files['refined rDual'], { maps: 'rDual' });
  return found;
}

const { data, maps, output } = workerData as PageWork;
const test = data.test === null ? null : { ...data.test, maps: await readMaps(maps) };
await writeFile(output, await buildReport({ ...data, test }));
