import { meanAndDeviation, separation } from '@ddad/anomaly';
import type { KCurvePoint, Spread } from '@ddad/contract';
import { ChildFault } from '@ddad/jobs/child';
import type { TensorFile } from '@ddad/storage/safetensors';

/** Tensors of an artifact that holds the scores of ensembles of every size: `SCORE.k`, [subsets,T]. */
export type CurveTensors = Pick<TensorFile, 'shapes' | 'read'>;

/** Several artifacts' tensors as those of one; a name of two of them is the first one's. */
export function jointCurves(curves: readonly CurveTensors[]): CurveTensors {
  const shapes = new Map<string, number[]>();
  const owners = new Map<string, CurveTensors>();
  for (const curve of curves) {
    for (const [tensor, shape] of curve.shapes) {
      if (owners.has(tensor)) continue;
      owners.set(tensor, curve);
      shapes.set(tensor, [...shape]);
    }
  }
  return {
    shapes,
    read(tensor, ...rest) {
      const owner = owners.get(tensor);
      if (owner === undefined)
        throw new RangeError(`tensor ${tensor}: expected one of the curves', got none`);
      return owner.read(tensor, ...rest);
    },
  };
}

type KCurveScore = KCurvePoint['scores'][string];

/**
 * How ensembles of every size do, the smallest first.
 * @param names order of the scores
 * @param labels of the test images, of both classes
 * @param goesOn called after every subset; false ends it
 * @returns null where it was told to end
 * @throws ChildFault `invalid` on a tensor of another form
 */
export async function kCurvePoints(
  tensors: CurveTensors,
  names: readonly string[],
  labels: readonly number[],
  goesOn: () => Promise<boolean>,
): Promise<KCurvePoint[] | null> {
  const points: KCurvePoint[] = [];
  for (const { k, subsets, scores } of sizesOf(tensors, labels.length)) {
    const point: KCurvePoint = { k, subsets, scores: {} };
    for (const name of scores.toSorted((a, b) => names.indexOf(a) - names.indexOf(b))) {
      const data = await tensors.read(`${name}.${k}`);
      const found = await spreads(data, subsets, labels, goesOn);
      if (found === null) return null;
      point.scores[name] = found;
    }
    points.push(point);
  }
  return points;
}

/** How many subsets the curve has in all, with a score each. */
export function curveSubsets({ shapes }: Pick<CurveTensors, 'shapes'>): number {
  return [...shapes.values()].reduce((sum, [subsets = 0]) => sum + subsets, 0);
}

interface Size {
  k: number;
  subsets: number;
  scores: string[];
}

function sizesOf({ shapes }: CurveTensors, images: number): Size[] {
  const sizes = new Map<number, Size>();
  const faults: string[] = [];
  for (const [tensor, shape] of shapes) {
    const [, score, digits] = /^(.+)\.([1-9]\d*)$/.exec(tensor) ?? [];
    if (score === undefined || digits === undefined) {
      faults.push(`tensor ${tensor}: expected a name SCORE.k`);
      continue;
    }
    const k = Number(digits);
    const [subsets = 0, count = 0] = shape;
    const size = sizes.get(k) ?? { k, subsets, scores: [] };
    if (shape.length !== 2 || count !== images || subsets !== size.subsets || subsets === 0) {
      const expected = size.subsets > 0 ? size.subsets : 'subsets';
      faults.push(`tensor ${tensor}: expected shape [${expected}, ${images}], got [${shape.join(', ')}]`);
    }
    size.scores.push(score);
    sizes.set(k, size);
  }
  if (faults.length > 0) throw new ChildFault('invalid', `curve: ${faults.join('; ')}`);
  return [...sizes.values()].sort((a, b) => a.k - b.k);
}

async function spreads(
  data: Float32Array,
  subsets: number,
  labels: readonly number[],
  goesOn: () => Promise<boolean>,
): Promise<KCurveScore | null> {
  const images = labels.length;
  const found: { auc: number; ap: number }[] = [];
  for (let subset = 0; subset < subsets; subset += 1) {
    found.push(separation(data.subarray(subset * images, (subset + 1) * images), labels));
    if (!(await goesOn())) return null;
  }
  const spread = (metric: 'auc' | 'ap'): Spread => {
    const { mean, deviation } = meanAndDeviation(found.map((one) => one[metric]));
    return { mean, std: deviation };
  };
  return { auc: spread('auc'), ap: spread('ap') };
}
