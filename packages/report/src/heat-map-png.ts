import sharp from 'sharp';
import { type MapScale, toBytes } from './map-scale.ts';
import { viridis } from './viridis.ts';

/**
 * A heat map as an RGB PNG of the image's own size: black-violet is 0, yellow the scale's end and above (viridis).
 * @param map [side, side]
 */
export async function heatMapPng(
  map: Float32Array,
  side: number,
  scale: Pick<MapScale, 'end'>,
  { width, height }: { width: number; height: number },
): Promise<Buffer> {
  const grey = await sharp(toBytes(map, scale), {
    raw: { width: side, height: side, channels: 1 },
  })
    .resize(width, height, { fit: 'fill', kernel: 'linear' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const colours = Buffer.alloc(grey.length * 3);
  for (let i = 0; i < grey.length; i++) viridis.copy(colours, i * 3, grey[i]! * 3, grey[i]! * 3 + 3);
  return sharp(colours, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
}
