import { exactQuantile, PixelTruth, ScoreBins } from '@ddad/anomaly';
import {
  type DatasetIndex,
  defaultFalsePositiveRate,
  type PixelFigures,
  type PixelTruthResult,
} from '@ddad/contract';
import { testImages } from '@ddad/dataset/select';
import type { HeatMaps } from '@ddad/report';

/** Maps, and masks that they are compared with. */
export interface PixelEvidence {
  /** Of the test images, by score, in the order in which they are shown. */
  test: Readonly<Record<string, HeatMaps>>;
  /** Of the held-out normal images first, by score; null where none were held out. */
  reference: Readonly<Record<string, HeatMaps>> | null;
  /**
   * Masks by place among those that the index names.
   * @returns [places, side, side], above 0 where something is
   */
  masks(places: readonly number[]): Promise<Uint8Array>;
}

/** Maps read at a time, in pixels: 16 MiB of them. */
const piecePixels = 2 ** 22;

/**
 * Compares the maps of every score with the test images' masks, all pixels together. Normal images count with nothing in them;
 * others without a mask do not count. The threshold is the (1 − rate) quantile of the held-out normal images' pixels: of new normal
 * images' pixels, about that share is expected above it.
 * @param heldOut how many normal images were held out: the first of `evidence.reference`
 * @param rate share of normal pixels that may be called abnormal
 */
export async function pixelTruth(
  index: DatasetIndex,
  evidence: PixelEvidence,
  heldOut: number,
  rate: number = defaultFalsePositiveRate,
): Promise<PixelTruthResult> {
  const { images, labels } = testImages(index);
  const placeOf = new Map(index.masks?.images.map((position, place) => [position, place]));
  const known = images.map((position, i) => (labels?.[i] === 0 ? 'normal' : (placeOf.get(position) ?? null)));
  const side = index.imageSize;
  const found: Record<string, PixelFigures> = {};
  const thresholds = heldOut === 0 ? null : evidence.reference;
  for (const [score, maps] of Object.entries(evidence.test)) {
    const normals = thresholds?.[score];
    const threshold =
      normals === undefined ? undefined : await exactQuantile(() => pieces(normals, heldOut, side), rate);
    const bins = new ScoreBins();
    await eachMap(maps, known, side, (map) => bins.add(map));
    const truth = new PixelTruth(bins, threshold);
    await eachMap(maps, known, side, async (map, place) => {
      truth.add(map, place === 'normal' ? new Uint8Array(map.length) : await evidence.masks([place]), side);
    });
    const figures = truth.figures();
    if (figures !== null) found[score] = { ...figures, ...(threshold === undefined ? {} : { threshold }) };
  }
  const count = (of: (one: (typeof known)[number]) => boolean) => known.filter(of).length;
  return {
    images: {
      normal: count((one) => one === 'normal'),
      masked: count((one) => typeof one === 'number'),
      withoutMask: count((one) => one === null),
    },
    ...(thresholds === null ? {} : { falsePositiveRate: rate }),
    scores: Object.keys(found).length === 0 ? null : found,
  };
}

/** Maps of the first images, piece after piece. */
async function* pieces(maps: HeatMaps, images: number, side: number): AsyncGenerator<Float32Array> {
  const most = Math.max(1, Math.floor(piecePixels / side ** 2));
  for (let first = 0; first < images; first += most)
    yield await maps.read(first, Math.min(most, images - first));
}

/** Calls for every map whose truth is known, one after another. */
async function eachMap<Known>(
  maps: HeatMaps,
  known: readonly (Known | null)[],
  side: number,
  take: (map: Float32Array, truth: Known) => void | Promise<void>,
): Promise<void> {
  const area = side ** 2;
  let image = 0;
  for await (const piece of pieces(maps, known.length, side)) {
    for (let at = 0; at < piece.length; at += area, image++) {
      const truth = known[image] ?? null;
      if (truth !== null) await take(piece.subarray(at, at + area), truth);
    }
  }
}
