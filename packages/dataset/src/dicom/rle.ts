import { UnreadableImage } from '../unreadable-image.ts';

/** Bytes of the header: how many segments, and where up to 15 of them begin. */
const headerBytes = 64;

/**
 * Decodes a frame of RLE Lossless (PS3.5, annex G): PackBits of byte planes, of each sample the high byte first.
 * @param count pixels
 * @returns planes of `count` bytes, as many as were asked for
 * @throws UnreadableImage on another number of segments, and on one that is cut off
 */
export function decodeRle(frame: Uint8Array, planes: number, count: number): Uint8Array[] {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const segments = frame.length < headerBytes ? 0 : view.getUint32(0, true);
  if (segments !== planes) {
    throw new UnreadableImage(
      `DICOM: expected ${planes} RLE ${planes === 1 ? 'segment' : 'segments'}, got ${segments}`,
    );
  }
  return Array.from({ length: planes }, (_, plane) => {
    const start = view.getUint32(4 + 4 * plane, true);
    const end = plane + 1 < planes ? view.getUint32(8 + 4 * plane, true) : frame.length;
    return unpackBits(frame.subarray(start, end), count);
  });
}

function unpackBits(packed: Uint8Array, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let at = 0;
  let filled = 0;
  while (filled < count) {
    const control = packed[at++];
    if (control === undefined) break;
    // 128 stands for nothing.
    if (control === 128) continue;
    const length = control < 128 ? control + 1 : 257 - control;
    const source = packed.subarray(at, at + (control < 128 ? length : 1));
    if (source.length === 0 || (control < 128 && source.length < length)) break;
    const room = Math.min(length, count - filled);
    if (control < 128) bytes.set(source.subarray(0, room), filled);
    else bytes.fill(source[0]!, filled, filled + room);
    at += source.length;
    filled += room;
  }
  if (filled < count)
    throw new UnreadableImage(`DICOM: expected ${count} bytes of an RLE segment, got ${filled}`);
  return bytes;
}
