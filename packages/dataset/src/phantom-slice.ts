import type { GreyImage } from './grey.ts';
import { type Field, type PhantomRandom, phantomRandom, smoothField } from './phantom-random.ts';

// Lengths are in head units: the outer edge of the scalp is the unit circle after rotation and scaling.
// Intensities are relative: 0 air, about 0.7 white matter, 1 the brightest.
const brainEdge = 0.84;
const skullInner = 0.88;
const skullOuter = 0.93;

/**
 * The folds, outline and shading that all heads share, up to pose and a slight bend. Real anatomy differs far more: here it is
 * simple enough for small autoencoders to learn within minutes, so that what they disagree on is what only some of them
 * have seen.
 */
const template = phantomRandom('template');
const foldCount = 20;
const foldBend = smoothField(template, 11);
const foldTwist = smoothField(template, 22);
const foldDepth = smoothField(template, 13);
const wobble = smoothField(template, 6);
const shading = smoothField(template, 12);

const cortex = 0.046;
const oedema = 0.35;

interface Lesion {
  u: number;
  v: number;
  radius: number;
  outline: Field;
  /** Intensity of its middle. */
  core: number;
}

/** 0 below `from`, 1 above `to`, smooth between. */
function step(from: number, to: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

/** Distance from (u, v) to the segment a-b. */
function toSegment(u: number, v: number, a: readonly [number, number], b: readonly [number, number]): number {
  const [du, dv] = [b[0] - a[0], b[1] - a[1]];
  const along = ((u - a[0]) * du + (v - a[1]) * dv) / (du * du + dv * dv);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(u - a[0] - t * du, v - a[1] - t * dv);
}

/** The tissue of one head without lesions: intensity at (u, v), front at the top. */
function drawHead(random: PhantomRandom): Field {
  const fluid = random.between(0.1, 0.16);
  const grey = random.between(0.42, 0.48);
  const white = random.between(0.62, 0.68);
  const scalp = random.between(0.4, 0.5);
  // 0 at the basal ganglia, 1 above the ventricles, where both halves are apart all the way.
  const level = random.between(0, 1);
  const opening = random.between(0.9, 1.4) * (1 - 0.95 * level);
  // Slits thinner than a pixel would only be scratches.
  const ventricles = opening < 0.4 ? 0 : opening;
  // The grain of the tissue is another one in every head, and no autoencoder of few latent values can redraw it: it
  // raises the reconstruction error of normal slices, by much or little, and leaves what members agree on alone.
  const roughness = random.between(0.04, 0.42);
  const [grainA, grainB] = [smoothField(random, 46), smoothField(random, 62)];
  // Turned against each other, so that no lattice shows.
  const texture: Field = (u, v) =>
    grainA(0.83 * u + 0.56 * v, 0.83 * v - 0.56 * u) + grainB(0.9 * u - 0.44 * v, 0.9 * v + 0.44 * u);
  const fissureReach = mix(0.4, 0, level);

  return (u, v) => {
    const r = Math.hypot(u, v);
    if (r > 1.06) return 0;
    const edge = brainEdge + 0.012 * wobble(v, u) - r;
    if (edge < -0.02) {
      const bone = mix(fluid, 0.06, step(brainEdge + 0.01, skullInner, r));
      return mix(
        mix(bone, scalp * (1 + 0.15 * shading(u, v)), step(skullOuter - 0.02, skullOuter + 0.02, r)),
        0,
        step(0.98, 1.01, r),
      );
    }

    const side = Math.abs(u + 0.018 * wobble(u, v));
    // Sulci: lines that run inwards from the surface, evenly spread round it, then bent; deepest where foldDepth says.
    const phase = foldCount * Math.atan2(v, u) + 4.5 * foldBend(u, v) + 1.6 * foldTwist(u, v);
    const depth = 0.19 + 0.19 * foldDepth(u, v);
    const toFold = (Math.abs(Math.sin(phase / 2)) * 2 * r) / foldCount + 1.1 * Math.max(0, edge - depth);
    const toFissure = 1.5 * side + 0.9 * Math.max(0, fissureReach - Math.abs(v));
    const surface = Math.min(edge, toFold, toFissure);
    const pia = mix(mix(fluid, grey, 0.1), grey, step(0.002, 0.022, surface));
    let value = mix(pia, white, step(cortex - 0.02, cortex + 0.02, surface));

    if (ventricles > 0) {
      const nuclei = Math.min(
        Math.hypot((side - 0.13) / 0.1, (v - 0.1) / 0.15),
        Math.hypot((side - 0.17) / 0.06, (v + 0.16) / 0.11),
        Math.hypot((side - 0.33) / 0.075, (v + 0.02) / 0.17),
      );
      value = mix(value, mix(grey, white, 0.25), step(1.12, 0.88, nuclei) * Math.min(1, ventricles * 1.5));
      const frontHorn = toSegment(side, v, [0.045, -0.06], [0.11, -0.29]) - 0.042 * ventricles;
      const backHorn = toSegment(side, v, [0.1, 0.2], [0.21, 0.37]) - 0.045 * ventricles;
      const third = toSegment(side, v, [0, -0.03], [0, 0.15]) - 0.014 * ventricles;
      value = mix(value, fluid, step(0.012, -0.012, Math.min(frontHorn, backHorn, third)));
    }
    value *= 1 + roughness * texture(u, v) + 0.04 * shading(u, v);
    return mix(fluid, value, step(-0.02, 0.01, edge));
  };
}

/** All lesions are of one family, so that a network that sees a few hundred of them learns to redraw them. */
function drawLesion(random: PhantomRandom): Lesion {
  const side = random.between(0, 1) < 0.5 ? -1 : 1;
  const end = random.between(0, 1) < 0.5 ? -1 : 1;
  return {
    u: side * (0.34 + random.between(-0.08, 0.08)),
    v: end * (0.29 + random.between(-0.09, 0.09)),
    radius: random.between(0.21, 0.28),
    outline: smoothField(random, 8),
    core: random.between(0.8, 0.88),
  };
}

/**
 * Intensity with a lesion grown into `tissue`: a bright core fading into a dark seam, like a tumour in its oedema. The seam
 * takes away about as much light as the core adds: the brightness of a slice alone must not give a lesion away.
 */
function withLesion(lesion: Lesion, tissue: number, u: number, v: number): number {
  const irregular = lesion.radius * (1 + 0.12 * lesion.outline(u, v));
  const distance = Math.hypot(u - lesion.u, v - lesion.v) / irregular;
  if (distance > 1.9) return tissue;
  const seam = mix(tissue, oedema, 0.5 * step(1.9, 1.2, distance));
  return mix(seam, lesion.core, 0.95 * step(1.25, 0.65, distance));
}

/**
 * Draws one brain-like axial slice: scalp, skull, folded cortex, white matter, deep nuclei and ventricles, under a
 * random pose, contrast, grain, bias field and Rician noise. It resembles a T1-weighted MRI and shows nobody.
 *
 * @param anatomy decides everything but lesions
 * @param lesions decides one lesion, in one of four regions; null: a normal slice, equal to the abnormal one of the same
 *   anatomy outside the lesion
 * @param size side in pixels
 */
export function drawSlice(anatomy: PhantomRandom, lesions: PhantomRandom | null, size: number): GreyImage {
  const angle = anatomy.between(-0.07, 0.07);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const scale = anatomy.between(0.97, 1.01);
  const [halfWidth, halfHeight] = [
    anatomy.between(0.725, 0.735) * scale,
    anatomy.between(0.865, 0.875) * scale,
  ];
  const [shiftX, shiftY] = [anatomy.between(-0.015, 0.015), anatomy.between(-0.015, 0.015)];
  const gain = anatomy.between(180, 230);
  const biasStrength = anatomy.between(0.02, 0.05);
  const bias = smoothField(anatomy, 3);
  const [bendU, bendV] = [smoothField(anatomy, 3), smoothField(anatomy, 3)];
  const grain = anatomy.between(0.01, 0.03);
  const head = drawHead(anatomy);
  const lesion = lesions === null ? null : drawLesion(lesions);

  const pixels = new Uint8Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const x = ((column + 0.5) / size) * 2 - 1 - shiftX;
      const y = ((row + 0.5) / size) * 2 - 1 - shiftY;
      const u = (x * cos + y * sin) / halfWidth + 0.01 * bendU(x, y);
      const v = (y * cos - x * sin) / halfHeight + 0.01 * bendV(x, y);
      let value = head(u, v);
      if (lesion !== null && Math.hypot(u, v) < brainEdge) value = withLesion(lesion, value, u, v);
      value *= 1 + biasStrength * bias(x, y);
      // Magnitude of a complex signal: noise lifts the dark background, as in an MRI scanner.
      const signal = Math.hypot(value + grain * anatomy.normal(), grain * anatomy.normal());
      pixels[row * size + column] = Math.min(255, Math.round(gain * signal));
    }
  }
  return { width: size, height: size, pixels };
}
