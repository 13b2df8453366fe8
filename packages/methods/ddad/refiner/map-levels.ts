import type { TensorData } from '@ddad/compute';
import type { RefinerExamples } from './refiner-examples.ts';

/** The layer of ASR-Net that reads the maps. */
const firstLayer = 'model.0.weight';

/**
 * Mean of each discrepancy over all pixels of the normal images, as they are. What a discrepancy is measured in differs between
 * datasets, backbones and ensembles by orders of magnitude.
 * @param maps [n,H,W,C] a turn
 * @param goesOn asked after every turn
 * @returns [C]; 1 for a map that is 0 everywhere, which dividing leaves as it is; null where `goesOn` says no
 */
export async function mapLevels(
  maps: Iterable<Float32Array>,
  channels: number,
  goesOn: () => Promise<boolean>,
): Promise<number[] | null> {
  const sums = Array.from({ length: channels }, () => 0);
  let values = 0;
  for (const some of maps) {
    for (let i = 0; i < some.length; i++) sums[i % channels]! += some[i]!;
    values += some.length / channels;
    if (!(await goesOn())) return null;
  }
  return sums.map((sum) => (sum === 0 ? 1 : sum / values));
}

/** The same examples, each map divided by its level. */
export function levelled(examples: RefinerExamples, levels: readonly number[]): RefinerExamples {
  const factors = levels.map((level) => 1 / level);
  return {
    ...examples,
    write(epoch, order, start, target) {
      examples.write(epoch, order, start, target);
      const { maps } = target;
      for (let i = 0; i < maps.length; i++) maps[i]! *= factors[i % factors.length]!;
    },
  };
}

/**
 * Weights that make of maps as they are what `weights` make of maps divided by `levels`: the first layer's, which are linear in
 * the maps and pad them with 0, are divided in the maps' place. Whoever refines maps or exports the network so needs to know of
 * no level.
 * @param weights in TensorFlow's layout
 */
export function forUnlevelledMaps(
  weights: ReadonlyMap<string, TensorData>,
  levels: readonly number[],
): Map<string, TensorData> {
  const kernel = weights.get(firstLayer);
  if (kernel === undefined) throw new Error(`weights: expected a tensor ${firstLayer}, got none`);
  const { shape, data } = kernel;
  const outputs = shape[3]!;
  const scaled = data.map((value, i) => value / levels[Math.floor(i / outputs) % levels.length]!);
  return new Map([...weights, [firstLayer, { shape, data: scaled }]]);
}
