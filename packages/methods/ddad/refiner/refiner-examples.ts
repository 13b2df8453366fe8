import { applyPatch, drawPatch, type Patch, patchLabel } from '@ddad/anomaly';
import { inferenceStep, maskSeed, maskSeedSize, randomStream, type Tensor, tf } from '@ddad/compute';
import type { DropoutSpec } from '../kinds.ts';
import { discrepanciesOfPasses } from '../maps/dropout-passes.ts';
import { discrepancies, type Ensemble } from '../maps/ensemble.ts';
import { BlockStore } from './block-store.ts';

/** Images of which the members make maps at once: they are twice as fast as in batches of a refiner's step. */
const blockSize = 64;
/** Bytes of maps in memory: those of 128 blocks at 64 px with two channels, which are 8,192 images. */
const mostMapBytes = 256 * 2 ** 20;

/**
 * What a refiner learns from (section 3.5, eqs. 8 to 13): discrepancy maps of normal images, half of them with a foreign patch, and
 * where the patch is. Owns TensorFlow memory until it is disposed of.
 */
export interface RefinerExamples {
  /**
   * @param order of the epoch's images
   * @param start the batch is `order[start], order[start + 1] …`, as far as there is room
   * @param target maps [B,H,W,C], A_intra first, and labels [B,H,W,1] of 0 and 1, both written over
   */
  write(
    epoch: number,
    order: Uint32Array,
    start: number,
    target: { maps: Float32Array; labels: Float32Array },
  ): void;
  dispose(): void;
}

/** Normal images, of which seed, epoch and place decide what becomes of them. */
export interface NormalImages {
  /** [N,H,W,1] in [-1,1] */
  pixels: Float32Array;
  side: number;
  /** The refiner's. */
  seed: number;
}

const imageOf = ({ pixels, side }: NormalImages, position: number) =>
  pixels.subarray(position * side ** 2, (position + 1) * side ** 2);

function patchOf({ pixels, side, seed }: NormalImages, epoch: number, position: number): Patch | null {
  return drawPatch(randomStream(seed, 'patch', epoch, position), position, pixels.length / side ** 2, side);
}

function writeImage(images: NormalImages, position: number, patch: Patch | null, target: Float32Array): void {
  if (patch === null) target.set(imageOf(images, position));
  else applyPatch(target, imageOf(images, position), imageOf(images, patch.source), patch);
}

const asChannels = ({ aIntra, aInter }: { aIntra: Tensor; aInter: Tensor | null }) => ({
  maps: aInter === null ? aIntra : tf.concat([aIntra, aInter], 3),
});

/**
 * Maps by the frozen members. They do not depend on the refiner, so they are made in blocks ahead of the steps; those of an image
 * without a patch are made once for the whole training. The blocks are the same wherever a training is resumed: every 64 of the images,
 * and every 64 that have a patch in the epoch's order.
 * @param directory scratch directory, for maps that memory has no room for
 * @param mostBytes bytes of maps in memory, at most
 */
export function ensembleExamples(
  ensemble: Ensemble,
  images: NormalImages,
  directory: string,
  mostBytes = mostMapBytes,
): RefinerExamples {
  const { side } = images;
  const area = side ** 2;
  const count = images.pixels.length / area;
  const step = inferenceStep({
    weights: ensemble.weights,
    inputs: { images: [blockSize, side, side, 1] },
    compute: (weights, inputs) => asChannels(discrepancies(ensemble, weights, inputs.images!)),
    mode: 'graph',
  });
  const batch = new Float32Array(blockSize * area);
  const block = (number: number, items: number, write: (item: number, target: Float32Array) => void) => {
    batch.fill(0);
    for (let i = 0; i < Math.min(blockSize, items - number * blockSize); i++)
      write(number * blockSize + i, batch.subarray(i * area, (i + 1) * area));
    return step.run({ images: batch }).maps!;
  };
  const width = area * (ensemble.sizes.udm === 0 ? 1 : 2);
  const placeOf = (item: number) => (item % blockSize) * width;

  const untouched = new BlockStore({ blockLength: blockSize * width, directory, mostBytes });
  /** Maps of images from `position` on, all of one block. */
  const writeUntouched = (position: number, target: Float32Array) => {
    const number = Math.floor(position / blockSize);
    untouched.read(number, placeOf(position), target, () =>
      block(number, count, (item, image) => writeImage(images, item, null, image)),
    );
  };

  let patched = patchedImages(images, -1, new Uint32Array());
  let last: { number: number; maps: Float32Array } | null = null;
  const writePatched = (rank: number, target: Float32Array) => {
    const number = Math.floor(rank / blockSize);
    if (last?.number !== number) {
      const { positions, patches } = patched;
      const write = (item: number, target: Float32Array) =>
        writeImage(images, positions[item]!, patches[item]!, target);
      last = { number, maps: block(number, positions.length, write) };
    }
    target.set(last.maps.subarray(placeOf(rank), placeOf(rank) + width));
  };

  return {
    write(epoch, order, start, { maps, labels }) {
      if (patched.epoch !== epoch) {
        patched = patchedImages(images, epoch, order);
        last = null;
      }
      const size = labels.length / area;
      for (let i = 0; i < size; i++) {
        const rank = patched.ranks[start + i]!;
        const target = maps.subarray(i * width, (i + 1) * width);
        if (rank < 0) writeUntouched(order[start + i]!, target);
        else writePatched(rank, target);
        patchLabel(labels.subarray(i * area, (i + 1) * area), rank < 0 ? null : patched.patches[rank]!);
      }
    },
    dispose() {
      untouched.dispose();
      step.dispose();
    },
  };
}

/** The images of an epoch that have a patch, in its order; `ranks`: which of them each image of the order is, −1 for none. */
function patchedImages(images: NormalImages, epoch: number, order: Uint32Array) {
  const [positions, patches]: [number[], Patch[]] = [[], []];
  const ranks = Int32Array.from(order, (position) => {
    const patch = patchOf(images, epoch, position);
    if (patch === null) return -1;
    positions.push(position);
    return patches.push(patch) - 1;
  });
  return { epoch, positions, patches, ranks };
}

/** Maps by MC Dropout's passes in the members' place: every batch has masks of its own, so all of its maps are made for it. */
export function dropoutExamples(
  ensemble: Ensemble,
  dropout: DropoutSpec,
  images: NormalImages,
  batchSize: number,
): RefinerExamples {
  const { side } = images;
  const area = side ** 2;
  const step = inferenceStep({
    weights: ensemble.weights,
    inputs: { images: [batchSize, side, side, 1], masks: [maskSeedSize] },
    compute: (weights, inputs) =>
      asChannels(
        discrepanciesOfPasses(ensemble, dropout, weights, { images: inputs.images!, seed: inputs.masks! }),
      ),
    mode: 'graph',
  });
  const batch = new Float32Array(batchSize * area);
  return {
    write(epoch, order, start, { maps, labels }) {
      for (let i = 0; i < batchSize; i++) {
        const patch = patchOf(images, epoch, order[start + i]!);
        writeImage(images, order[start + i]!, patch, batch.subarray(i * area, (i + 1) * area));
        patchLabel(labels.subarray(i * area, (i + 1) * area), patch);
      }
      const masks = maskSeed(dropout.seed, 'refiner', epoch, start);
      maps.set(step.run({ images: batch, masks }).maps!);
    },
    dispose: () => step.dispose(),
  };
}
