/** Bytes of a frame's own head in an animation, which may have one frame. */
const frameHead = 16;

/** Whether a WebP's picture is coded with loss: a chunk `VP8 `, by itself or in an extended file (RFC 9649, 2.5 to 2.7). */
export function isLossyWebp(file: Buffer): boolean {
  for (let at = 12; at + 8 <= file.length; ) {
    const kind = file.toString('latin1', at, at + 4);
    if (kind === 'VP8 ') return true;
    if (kind === 'ANMF') {
      at += 8 + frameHead;
      continue;
    }
    const length = file.readUInt32LE(at + 4);
    at += 8 + length + (length % 2);
  }
  return false;
}
