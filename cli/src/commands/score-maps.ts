import { writeFile } from 'node:fs/promises';
import { type HeatMapSource, heatMapObject } from '@ddad/dataset';
import type { PipelineFacts } from '@ddad/onnx';
import { heatMapPng } from '@ddad/report/heat-map';
import { mapScale } from '@ddad/report/map-scale';
import type { ScoredPixels } from '../onnx/pipeline-session.ts';

type Maps = Pick<ScoredPixels, 'maps'>;

/**
 * A scored image's heat maps as PNGs in the image's own size.
 * @param path what their names begin with
 * @returns the file of each map, by its name
 */
export function writeMapPngs(
  facts: PipelineFacts,
  scored: Maps,
  size: { width: number; height: number },
  path: string,
): Promise<Record<string, string>> {
  return writeMapFiles(facts, scored, path, 'png', (_name, map, end) =>
    heatMapPng(map, facts.imageSize, { end }, size),
  );
}

/**
 * The same as DICOM objects beside their source.
 * @param frame which of the source's pictures; null where it has one
 */
export function writeMapObjects(
  facts: PipelineFacts,
  scored: Maps,
  source: HeatMapSource,
  frame: number | null,
  path: string,
): Promise<Record<string, string>> {
  const { imageSize: side, runId: maker } = facts;
  return writeMapFiles(facts, scored, path, 'dcm', (name, values, end) =>
    heatMapObject(source, { name, values, side, end, maker, madeAt: new Date(), frame }),
  );
}

async function writeMapFiles(
  { scales }: PipelineFacts,
  { maps }: Maps,
  path: string,
  extension: string,
  content: (name: string, map: Float32Array, end: number) => Uint8Array | Promise<Uint8Array>,
): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const [name, map] of Object.entries(maps)) {
    // Of a run without test images, each map has a scale of its own.
    const end = scales?.[name] ?? mapScale(map).end;
    const file = `${path}.${name}.${extension}`;
    await writeFile(file, await content(name, map, end));
    files[name] = file;
  }
  return files;
}
