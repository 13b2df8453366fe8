import { MapScaleFinder } from '@ddad/report/map-scale';
import { type ObjectReader, openSafetensors, type TensorFile, withArtifactFile } from '@ddad/storage';
import type { ArtifactName, TestMaps } from '../onnx-export.ts';

/** Most values read at a time: 4 MB. */
const piece = 2 ** 20;

/**
 * The colour scales of the run's report, by score, so that a new image's heat maps look as those of the report. Maps of any
 * size are read once, in pieces.
 */
export async function mapScales(
  store: ObjectReader,
  maps: readonly TestMaps[],
  directory: string,
): Promise<Record<string, number>> {
  const artifacts = new Map<string, { artifact: ArtifactName; of: TestMaps[] }>();
  for (const one of maps) {
    const { kind, key } = one;
    const known = artifacts.get(`${kind}/${key}`);
    if (known === undefined) artifacts.set(`${kind}/${key}`, { artifact: { kind, key }, of: [one] });
    else known.of.push(one);
  }
  const scales: Record<string, number> = {};
  for (const { artifact, of } of artifacts.values()) {
    await withArtifactFile(store, artifact, 'maps', directory, async (path) => {
      const file = await openSafetensors(path);
      try {
        for (const { score, tensor } of of) scales[score] = await tensorScale(file, tensor, artifact);
      } finally {
        await file.close();
      }
    });
  }
  return scales;
}

/**
 * The upper end of the colour scale of all maps of a tensor, which are read in pieces.
 * @throws RangeError where the file has no such tensor
 */
export async function tensorScale(
  file: TensorFile,
  tensor: string,
  { kind, key }: ArtifactName,
): Promise<number> {
  const shape = file.shapes.get(tensor);
  if (shape === undefined) {
    throw new RangeError(`${kind} ${key}, file maps: expected a tensor ${tensor}, got none`);
  }
  const finder = new MapScaleFinder(shape.reduce((product, side) => product * side, 1));
  for await (const values of file.pieces(tensor, piece)) finder.add(values);
  return finder.scale().end;
}
