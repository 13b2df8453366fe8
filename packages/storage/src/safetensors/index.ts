/**
 * Safetensors files of 32-bit floats: https://huggingface.co/docs/safetensors. Small ones whole (`encodeSafetensors`,
 * `decodeSafetensors`), those of any size in pieces:
 *
 * @example
 * // Maps of n images, batch by batch, and a transformed copy of them; neither is in memory whole.
 * const writer = await SafetensorsWriter.create('maps.safetensors', new Map([
 *   ['first', [n, 64, 64]],
 *   ['second', [n, 64, 64]],
 * ]));
 * try {
 *   for (const batch of batches) {
 *     await writer.write('first', batch.first); // the next rows of the tensor, as many as there are
 *     await writer.write('second', batch.second);
 *   }
 *   await writer.close(); // now the file is there
 * } finally {
 *   await writer.discard(); // does nothing after close()
 * }
 *
 * const { shapes } = await verifyTensors('maps.safetensors'); // every value finite
 *
 * const file = await openSafetensors('maps.safetensors');
 * try {
 *   const rows = await file.read('first', 100, 16); // images 100 to 115: Float32Array, [16, 64, 64]
 * } finally {
 *   await file.close();
 * }
 */
export * from './codec.ts';
export * from './foreign.ts';
export { MalformedSafetensors } from './layout.ts';
export * from './reader.ts';
export * from './verify.ts';
export * from './writer.ts';
