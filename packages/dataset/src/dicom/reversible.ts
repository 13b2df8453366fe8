/** Markers of a main header: size, coding and quantisation by default, lengths, packet headers, comment, order of packets. */
const mainMarkers: ReadonlySet<number> = new Set([
  0xff51, 0xff52, 0xff55, 0xff57, 0xff5c, 0xff5d, 0xff5f, 0xff60, 0xff63, 0xff64,
]);
/** Of a tile part's header, those that do not change the coding. */
const tileMarkers: ReadonlySet<number> = new Set([0xff58, 0xff5c, 0xff5d, 0xff5f, 0xff61, 0xff64]);

/**
 * Whether a JPEG 2000 codestream is coded by the reversible transform (5/3) all over, which leaves no rounding to decoders.
 * False also where parts of it are coded in their own way, or by a newer part of the standard.
 */
export function isReversible(codestream: Uint8Array): boolean {
  const view = new DataView(codestream.buffer, codestream.byteOffset, codestream.byteLength);
  const end = codestream.length;
  if (end < 4 || view.getUint16(0) !== 0xff4f) return false;
  let reversible = false;
  let at = 2;
  for (; at + 4 <= end && view.getUint16(at) !== 0xff90; at += 2 + view.getUint16(at + 2)) {
    if (!mainMarkers.has(view.getUint16(at))) return false;
    // Behind style, order (1), layers (2), colours, levels, size and style of code blocks: the transform.
    if (view.getUint16(at) === 0xff52) reversible = codestream[at + 13] === 1;
  }
  if (!reversible) return false;
  // Tile parts, each by the length that it says; 0 goes to the end.
  while (at + 12 <= end && view.getUint16(at) === 0xff90) {
    const length = view.getUint32(at + 6) || end - at;
    for (let inside = at + 12; ; inside += 2 + view.getUint16(inside + 2)) {
      if (inside + 4 > end) return false;
      const marker = view.getUint16(inside);
      if (marker === 0xff93) break;
      if (!tileMarkers.has(marker)) return false;
    }
    at += length;
  }
  return true;
}
