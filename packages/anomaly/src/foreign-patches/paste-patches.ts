import type { RandomStream } from '@ddad/compute';
import { blendPoisson } from './blend-poisson.ts';
import { type Box, cut, type GreyImage, type Piece } from './grey-image.ts';
import { type ObjectMask, objectMask } from './object-mask.ts';
import { type PatchScale, patchScale } from './patch-scale.ts';
import { drawShiftedBox, drawSize, drawSourceBox } from './place-patch.ts';
import { discMedian, majority } from './rank-filters.ts';
import { resizePiece } from './resize-piece.ts';

type Draws = Pick<RandomStream, 'uniform' | 'integer'>;

/** What a method's synthetic anomalies are made of. */
export interface PatchRecipe {
  /** Where patches come from: the image itself, or another one. */
  source: 'same' | 'other';
  /** At the place where the patch was, or at another one; `resized`: at another one and in another size. */
  place: 'same' | 'shifted' | 'resized';
  /** The patch instead of what was there; between the two, by a factor; by its gradients. */
  blend: 'replace' | 'interpolate' | 'poisson';
  /**
   * Of a pixel that has changed: 1; the factor by which patches are blended, f ~ U(0.05, 0.95), one an image; how much it has changed,
   * 1/(1 + exp(−½(m − 4))), m the median of the changes about it in grey values.
   */
  label: 'changed' | 'factor' | 'intensity';
}

/** A synthetic anomaly. */
export interface PatchedImage {
  image: GreyImage;
  /** 0 where nothing has changed, else in 0..1, [side·side]. */
  label: Float32Array;
  /** Boxes in which patches were pasted, in order; empty where none found a place. */
  boxes: Box[];
}

/** Patches of an image at most; the first always, each further one with probability ½. */
const mostPatches = 3;
/** A pixel has changed where its grey value is another one by more. */
const tolerance = 1;
/** Of the logistic function from a change's median to its label. */
const [steepness, middle] = [0.5, 4];

/**
 * Makes an image abnormal as FPI, PII, NSA and CutPaste do, in their form for medical images (Schlüter et al., *Natural synthetic anomalies
 * for self-supervised anomaly detection and localization*, ECCV 2022, with its settings for chest X-rays). Everything is in whole grey
 * values, as there.
 * @param image left as it is
 * @param other the image that patches come from; not read where the recipe's source is the same one
 * @param stream decides everything
 */
export function pastePatches(
  image: GreyImage,
  other: GreyImage,
  recipe: PatchRecipe,
  stream: Draws,
): PatchedImage {
  const { side } = image;
  const source = recipe.source === 'same' ? image : other;
  if (source.side !== side)
    throw new RangeError(`source: expected an image of ${side} pixels a side, got ${source.side}`);
  const sizes = patchScale(side);
  const own = objectMask(image, sizes.objectHalf);
  const foreign = source === image ? own : objectMask(source, sizes.objectHalf);
  const factor = recipe.label === 'factor' ? 0.05 + 0.9 * stream.uniform() : 1;
  const pasted: GreyImage = { side, pixels: image.pixels.slice() };
  // Where a pixel may have changed: a later patch decides over an earlier one.
  const touched = new Uint8Array(side * side);
  const boxes: Box[] = [];
  for (let patch = 0; patch < mostPatches; patch += 1) {
    if (patch > 0 && stream.uniform() < 0.5) continue;
    const found = drawPatch(recipe, { image: source, object: foreign }, own, sizes, stream);
    if (found === null) continue;
    const { piece, objects, box } = found;
    const within = withinObjects(objects, own, box);
    if (!blend(recipe.blend, pasted, { piece, box, within, factor }, sizes)) continue;
    for (let row = 0; row < box.height; row += 1)
      touched.set(within.subarray(row * box.width, (row + 1) * box.width), (box.top + row) * side + box.left);
    boxes.push(box);
  }
  return { image: pasted, label: labelOf(image, pasted, touched, boxes, { recipe, factor, sizes }), boxes };
}

/** A patch, its object and its place; null where no place was found. */
function drawPatch(
  { place }: PatchRecipe,
  source: { image: GreyImage; object: ObjectMask },
  destination: ObjectMask,
  sizes: PatchScale,
  stream: Draws,
): { piece: Piece; objects: Piece; box: Box } | null {
  const from = drawSourceBox(stream, source.object, sizes);
  if (from === null) return null;
  const size = place === 'resized' ? drawSize(stream, from, sizes) : from;
  const resized = (of: Piece) => resizePiece(of, size.height, size.width);
  const piece = resized(cut(source.image.pixels, source.image.side, from));
  const objects = resized(cut(source.object.pixels, source.image.side, from));
  const box = place === 'same' ? from : drawShiftedBox(stream, objects, destination);
  return box === null ? null : { piece, objects, box };
}

/** 1 where the patch or what lies below it is an object, [height·width]. */
function withinObjects(objects: Piece, destination: ObjectMask, box: Box): Uint8Array {
  return cut(destination.pixels, destination.side, box).pixels.map(
    (below, at) => below | objects.pixels[at]!,
  );
}

/** Changes the image; false where the patch is too small. */
function blend(
  how: PatchRecipe['blend'],
  image: GreyImage,
  { piece, box, within, factor }: { piece: Piece; box: Box; within: Uint8Array; factor: number },
  { margin, leastArea }: PatchScale,
): boolean {
  const { top, left, height, width } = box;
  if (how === 'poisson') {
    if ((height - 2) * (width - 2) < leastArea) return false;
    // The outermost pixels take no part, so that the box itself is smaller by one all around; the weight is one of 255.
    const inner = cut(piece.pixels, width, { top: 1, left: 1, height: height - 2, width: width - 2 });
    const weight = Math.ceil(factor * 255) / 255;
    blendPoisson(image, inner, { top: top + 1, left: left + 1, weight, margin });
    return true;
  }
  const share = how === 'replace' ? 1 : factor;
  for (let at = 0; at < within.length; at += 1) {
    if (within[at] === 0) continue;
    const pixel = (top + Math.floor(at / width)) * image.side + left + (at % width);
    const grey = image.pixels[pixel]!;
    image.pixels[pixel] = Math.floor(grey + share * (piece.pixels[at]! - grey));
  }
  return true;
}

function labelOf(
  before: GreyImage,
  after: GreyImage,
  touched: Uint8Array,
  boxes: readonly Box[],
  { recipe, factor, sizes }: { recipe: PatchRecipe; factor: number; sizes: PatchScale },
): Float32Array {
  const { side } = before;
  const label = new Float32Array(side * side);
  if (boxes.length === 0) return label;
  const change = new Uint8Array(side * side);
  const beyond = new Uint8Array(side * side);
  for (let at = 0; at < change.length; at += 1) {
    change[at] = Math.abs(before.pixels[at]! - after.pixels[at]!);
    beyond[at] = touched[at] === 1 && change[at]! > tolerance ? 1 : 0;
  }
  const changed = majority(beyond, side, sizes.labelHalf);
  if (recipe.label !== 'intensity') {
    const value = recipe.label === 'factor' ? factor : 1;
    for (let at = 0; at < label.length; at += 1) if (changed[at] === 1) label[at] = value;
    return label;
  }
  for (let at = 0; at < change.length; at += 1) change[at]! *= changed[at]!;
  // The median that takes grains away may reach beyond the boxes by half its window.
  const around = surrounding(boxes, side, sizes.labelHalf);
  const medians = discMedian(change, side, sizes.intensityRadius, changed, around);
  for (let at = 0; at < label.length; at += 1)
    if (changed[at] === 1) label[at] = 1 / (1 + Math.exp(-steepness * (medians[at]! - middle)));
  return label;
}

/** The smallest box about all of these, and some pixels further on each side. */
function surrounding(boxes: readonly Box[], side: number, further: number): Box {
  const top = Math.max(0, Math.min(...boxes.map((box) => box.top)) - further);
  const left = Math.max(0, Math.min(...boxes.map((box) => box.left)) - further);
  const bottom = Math.min(side, Math.max(...boxes.map((box) => box.top + box.height)) + further);
  const right = Math.min(side, Math.max(...boxes.map((box) => box.left + box.width)) + further);
  return { top, left, height: bottom - top, width: right - left };
}
