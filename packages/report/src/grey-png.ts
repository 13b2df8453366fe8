import sharp from 'sharp';

/**
 * A square 8-bit grey image as the data URI of a PNG.
 * @param pixels [side, side], unsigned bytes, rows from the top
 */
export async function greyPng(pixels: Uint8Array, side: number): Promise<string> {
  const png = await sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
    .toColourspace('b-w')
    .png({ compressionLevel: 9, adaptiveFiltering: true })
    .toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}
