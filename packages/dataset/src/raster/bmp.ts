import { UnreadableImage } from '../unreadable-image.ts';
import type { Raster } from './decode-raster.ts';

/** Bits a pixel that are read; 16 have many forms. */
const readableBits = [1, 4, 8, 24, 32];

/**
 * Sides of a Windows or OS/2 bitmap.
 * @throws UnreadableImage for run-length coded ones and other depths
 */
export function readBmpHeader(file: Buffer): { width: number; height: number } {
  const old = file.readUInt32LE(14) === 12;
  if (file.length < (old ? 26 : 54)) throw cutOff();
  const [width, height] = old
    ? [file.readUInt16LE(18), file.readUInt16LE(20)]
    : // Rows from the top have a negative number.
      [file.readInt32LE(18), Math.abs(file.readInt32LE(22))];
  const bits = file.readUInt16LE(old ? 24 : 28);
  const compression = old ? 0 : file.readUInt32LE(30);
  if (width < 1 || height < 1)
    throw new UnreadableImage(`expected a BMP with pixels, got ${width}x${height}`);
  // 3: with masks.
  if (compression !== 0 && compression !== 3) {
    throw new UnreadableImage('expected a BMP of plain pixels, got a compressed one');
  }
  if (!readableBits.includes(bits)) {
    throw new UnreadableImage(`expected a BMP of ${readableBits.join(', ')} bits a pixel, got ${bits}`);
  }
  return { width, height };
}

/** @throws UnreadableImage for what is damaged or cut off */
export async function decodeBmp(file: Buffer, width: number, height: number): Promise<Raster> {
  // A module in WebAssembly, which few need.
  const { decode } = await import('@cwasm/nsbmp');
  try {
    const decoded = decode(file);
    const values = new Uint8Array(decoded.data.buffer, decoded.data.byteOffset, decoded.data.length);
    if (decoded.width === width && decoded.height === height)
      return { width, height, channels: 4, samples: 'rgb', values };
  } catch (cause) {
    throw cutOff(cause);
  }
  throw cutOff();
}

function cutOff(cause?: unknown): UnreadableImage {
  return new UnreadableImage('expected a whole BMP image, decoding failed', { cause });
}
