export { type CopiesDescription, describeCopies, type Place } from './copies.ts';
export { decodeGrey, UnreadableImage } from './decode.ts';
export { datasetDigest, imagesDigest } from './digest.ts';
export { describeMissing } from './find-images.ts';
export type { GreyImage } from './grey.ts';
export { type PackedDataset, type PackOptions, packDataset } from './pack.ts';
export { type PhantomOptions, writePhantom } from './phantom.ts';
export { resizeBilinear } from './resize.ts';
export { type ImageChoice, selectTrainingImages, type TrainingImages, testImages } from './select.ts';
