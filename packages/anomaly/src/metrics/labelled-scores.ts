/** How many images of each class there are, and the images by falling score. */
export interface LabelledScores {
  normal: number;
  abnormal: number;
  /** Positions, highest score first. */
  order: Uint32Array;
}

/**
 * Checks scores and labels and sorts them.
 * @param scores higher means more abnormal
 * @param labels 1 for abnormal, 0 for normal
 * @throws RangeError listing every fault: lengths that differ, a score that is no finite number, a label other than 0 and 1,
 * images of one class only.
 */
export function labelledScores(scores: ArrayLike<number>, labels: ArrayLike<number>): LabelledScores {
  const faults: string[] = [];
  if (scores.length !== labels.length) {
    faults.push(`expected as many labels as scores, got ${labels.length} labels and ${scores.length} scores`);
  }
  const values = Array.from(scores);
  const bad = values.findIndex((score) => !Number.isFinite(score));
  if (bad !== -1) faults.push(`expected finite scores, got ${values[bad]} at position ${bad}`);
  const classes = Array.from(labels);
  const odd = classes.findIndex((label) => label !== 0 && label !== 1);
  if (odd !== -1) faults.push(`expected labels 0 and 1, got ${classes[odd]} at position ${odd}`);
  const abnormal = classes.filter((label) => label === 1).length;
  const normal = classes.filter((label) => label === 0).length;
  if (abnormal === 0 || normal === 0) {
    faults.push(
      `expected both normal and abnormal images, got ${normal} normal and ${abnormal} abnormal ones`,
    );
  }
  if (faults.length > 0) throw new RangeError(faults.join('; '));
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[b]! - values[a]!);
  return { normal, abnormal, order };
}
