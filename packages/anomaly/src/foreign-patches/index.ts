export type { Box, GreyImage, Piece } from './grey-image.ts';
export { type PatchedImage, type PatchRecipe, pastePatches } from './paste-patches.ts';
export { drawTurn, type Turn, turnAndShift } from './turn-and-shift.ts';
