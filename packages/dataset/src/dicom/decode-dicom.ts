import { toGrey } from '../grey.ts';
import type { Picture } from '../picture.ts';
import { resizePicture } from '../resize.ts';
import { mostUnpacked } from '../unpacking.ts';
import { UnreadableImage } from '../unreadable-image.ts';
import { byPixel, greyOfYbr, paletteColours, rgbOfYbr } from './colours.ts';
import { decodeFrame } from './decode-frame.ts';
import { eightBits } from './eight-bits.ts';
import { framesOf } from './frames.ts';
import { type ImageHeader, readImageHeader } from './image-header.ts';
import type { Samples } from './stored-values.ts';

/** Side to which the paper's authors bring DICOM images before anything else, in pixels. */
const side = 512;

/** A DICOM file whose header was read. */
export interface OpenedDicom {
  frames: number;
  columns: number;
  rows: number;
  /** Bytes of memory that it takes beside the file's, a frame being decoded, roughly. */
  bytes: number;
  /** Whose it is: PatientID, else study or series, which must not leave the process; null where it has none. */
  patient: string | null;
  /**
   * Decodes a frame.
   * @param frame from 0
   * @throws UnreadableImage for what is damaged or cut off; no header value is in its message
   */
  decode(frame: number, channels: 1 | 3): Promise<Picture>;
}

/**
 * Opens a DICOM image. Its frames are decoded as the paper's authors prepare the chest sets, each by itself:
 * 1. stored values; those of MONOCHROME1, or with a negative Rescale Slope, are subtracted from the largest one (a positive
 *    slope and the intercept would not change what follows; windows and lookup tables are not applied). Pixel Padding is left
 *    out of what follows, and black. Palettes give 8-bit colours;
 * 2. anything but 8 unsigned bits: (v − min) / (max − min) · 255, rounded down; 8 unsigned bits stay as they are;
 * 3. colours become grey as Pillow's `convert('L')` makes it, or grey becomes three equal channels, as `channels` says;
 * 4. antialiased bilinear resize to 512×512 (`resizePicture`), whatever the aspect ratio.
 *
 * @param most bytes that it may unpack to where it is packed
 * @throws UnreadableImage for what holds no image, is damaged, or cannot be read; no header value is in its message
 */
export function openDicom(file: Buffer, most = mostUnpacked): OpenedDicom {
  const image = readImageHeader(file, most);
  const { header } = image;
  const frameBytes = framesOf(image);
  const { frames, columns: width, rows: height, patient } = header;
  return {
    frames,
    columns: width,
    rows: height,
    bytes: width * height * 16 + (image.data.bytes.buffer === file.buffer ? 0 : image.data.bytes.length),
    patient,
    async decode(frame, channels) {
      if (frame < 0 || frame >= frames) {
        throw new UnreadableImage(`DICOM: expected a frame of 1 to ${frames}, got ${frame + 1}`);
      }
      const samples = await decodeFrame(frameBytes(frame), frame, header);
      const colours = channels === 3 && header.photometric.startsWith('MONOCHROME') ? 1 : channels;
      const pixels = pixelsOf(samples, frame, header, colours);
      const small = resizePicture({ width, height, channels: colours, pixels }, side, side);
      return colours === channels ? small : threefold(small);
    },
  };
}

function pixelsOf(
  { values, planar, space }: Samples,
  frame: number,
  header: ImageHeader,
  channels: 1 | 3,
): Uint8Array {
  const { photometric, palette } = header;
  if (palette !== null) return channelsOf(paletteColours(values, palette), 'rgb', channels);
  if (header.samples === 3) {
    const bytes = eightBits(values, header, false);
    return channelsOf(planar ? byPixel(bytes) : bytes, space, channels);
  }
  return eightBits(values, header, (photometric === 'MONOCHROME1') !== header.negativeSlope(frame));
}

function channelsOf(colours: Uint8Array, space: Samples['space'], channels: 1 | 3): Uint8Array {
  if (channels === 3) return space === 'ybr' ? rgbOfYbr(colours) : colours;
  return space === 'ybr' ? greyOfYbr(colours) : toGrey(colours, 3, 'rgb');
}

function threefold({ width, height, pixels }: Picture): Picture {
  const rgb = new Uint8Array(3 * pixels.length);
  for (let i = 0; i < pixels.length; i++) rgb.fill(pixels[i]!, 3 * i, 3 * i + 3);
  return { width, height, channels: 3, pixels: rgb };
}
