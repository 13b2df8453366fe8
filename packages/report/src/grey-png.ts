import sharp from 'sharp';

/**
 * An 8-bit grey image, square unless its height is given, as the data URI of a PNG.
 * @param pixels [height, width], unsigned bytes, rows from the top
 */
export async function greyPng(pixels: Uint8Array, width: number, height = width): Promise<string> {
  const png = await sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png({ compressionLevel: 9, adaptiveFiltering: true })
    .toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}
