/**
 * Images that are drawn apart from others, in units that are drawn together or not at all: one image each, or all of a
 * patient's. Of a stratum every resample has as many units as there are.
 */
export interface Stratum {
  /** Positions, unit after unit. */
  images: Uint32Array;
  /** Where in `images` each unit begins, and the end: [units + 1]. */
  starts: Uint32Array;
}

/** Normal images and abnormal ones, each by itself. @param labels 1 for abnormal, 0 for normal */
export function imageStrata(labels: ArrayLike<number>): Stratum[] {
  const all = Array.from(labels);
  return [0, 1].map((label) => stratumOf(all.flatMap((own, image) => (own === label ? [[image]] : []))));
}

/**
 * Images by patient: whoever has normal images alone, abnormal ones alone, or both, so that every resample has images of both
 * classes. An image of which no patient is known is a unit by itself.
 * @param labels 1 for abnormal, 0 for normal
 * @param patients their numbers by image, null where none is known
 * @returns no empty stratum
 */
export function patientStrata(labels: ArrayLike<number>, patients: readonly (number | null)[]): Stratum[] {
  const units = new Map<number | string, number[]>();
  for (const [image, patient] of patients.entries()) {
    const name = patient ?? `image ${image}`;
    const unit = units.get(name);
    if (unit === undefined) units.set(name, [image]);
    else unit.push(image);
  }
  const all = [...units.values()];
  return [[0], [1], [0, 1]].flatMap((classes) => {
    const own = all.filter((unit) =>
      [0, 1].every((label) => classes.includes(label) === unit.some((image) => labels[image] === label)),
    );
    return own.length === 0 ? [] : [stratumOf(own)];
  });
}

/**
 * What a resample of images draws: patients where any is known, each image by itself else.
 * @param labels 1 for abnormal, 0 for normal
 * @param patients their numbers by image, null where none is known; null for nobody's images
 */
export function strataOf(
  labels: ArrayLike<number>,
  patients: readonly (number | null)[] | null,
): { by: 'image' | 'patient'; strata: Stratum[] } {
  return patients?.some((patient) => patient !== null)
    ? { by: 'patient', strata: patientStrata(labels, patients) }
    : { by: 'image', strata: imageStrata(labels) };
}

function stratumOf(units: readonly (readonly number[])[]): Stratum {
  const starts = new Uint32Array(units.length + 1);
  for (const [place, unit] of units.entries()) starts[place + 1] = starts[place]! + unit.length;
  return { images: Uint32Array.from(units.flat()), starts };
}

/** How many units all strata have together. */
export function unitsOf(strata: readonly Stratum[]): number {
  return strata.reduce((sum, { starts }) => sum + starts.length - 1, 0);
}

/**
 * Draws a resample: of every stratum as many units as there are, with replacement.
 * @param integer a whole number from 0 to `below` − 1, each equally likely
 * @param weights gets how often each image was drawn
 */
export function drawWeights(
  strata: readonly Stratum[],
  integer: (below: number) => number,
  weights: Uint32Array,
): void {
  weights.fill(0);
  for (const { images, starts } of strata) {
    const units = starts.length - 1;
    for (let draw = 0; draw < units; draw += 1) {
      const unit = integer(units);
      const end = starts[unit + 1]!;
      for (let at = starts[unit]!; at < end; at += 1) weights[images[at]!]! += 1;
    }
  }
}
