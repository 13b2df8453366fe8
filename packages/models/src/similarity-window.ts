// Knows no TensorFlow: whoever writes a similarity into another format may import it.

/** The Gaussian window under which structural similarity is measured. */
export interface SimilarityWindow {
  /** Side of the window in pixels, odd. */
  window: number;
  /** Its standard deviation in pixels; default 1.5. */
  sigma?: number;
  /** `zeros`: maps of the images' size, with zeros around the images; `none`: of the windows that lie within them. */
  padding: 'zeros' | 'none';
}

const usualSigma = 1.5;

/** The window's weights in one direction; their sum is 1. */
export function gaussianWindow(size: number, sigma = usualSigma): number[] {
  const weights = Array.from({ length: size }, (_, at) =>
    Math.exp(-((at - (size - 1) / 2) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/**
 * How many windows there are along a side of the images.
 * @throws RangeError where there is none
 */
export function windowsOf(side: number, { window, padding }: SimilarityWindow): number {
  if (padding === 'zeros') return side;
  if (window > side)
    throw new RangeError(`window: expected at most the images' side of ${side} pixels, got ${window}`);
  return side - window + 1;
}

/** The window's means along an axis of images as a matrix, [side, windows]: images times it have them. */
export function windowMatrixOf(side: number, settings: SimilarityWindow): Float32Array {
  const { window, sigma, padding } = settings;
  const windows = windowsOf(side, settings);
  const before = padding === 'zeros' ? (window - 1) / 2 : 0;
  const matrix = new Float32Array(side * windows);
  for (let at = 0; at < windows; at += 1) {
    gaussianWindow(window, sigma).forEach((weight, tap) => {
      const pixel = at + tap - before;
      if (pixel >= 0 && pixel < side) matrix[pixel * windows + at] = weight;
    });
  }
  return matrix;
}

/** Relative weights of the scales, from the finest to the coarsest. */
export const scaleWeights = {
  /** Wang et al. 2003. */
  five: [0.0448, 0.2856, 0.3001, 0.2363, 0.1333],
  /** The first four of them, with a sum of 1: for images of 32 pixels. */
  four: [0.0516, 0.3295, 0.3463, 0.2726],
} as const;
