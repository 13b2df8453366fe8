export type { Box, GreyImage, Piece } from './grey-image.ts';
export { type ObjectMask, objectMask } from './object-mask.ts';
export { type PatchedImage, type PatchRecipe, pastePatches } from './paste-patches.ts';
export { type PatchScale, patchScale } from './patch-scale.ts';
export { drawTurn, type Turn, turnAndShift } from './turn-and-shift.ts';
