/** What a PNG says of itself that libvips does not tell. */
export interface PngFacts {
  /** Frames of an animation; 1 where there is none. */
  animated: number;
  /** Most significant bits of the original's samples (sBIT), alpha left out; null where nothing is said. */
  significantBits: number | null;
}

/** Reads the chunks in front of a PNG's pixels (PNG, third edition, 5.3, 11.3.2.6 and 11.3.6.1). */
export function pngFacts(file: Buffer): PngFacts {
  const facts: PngFacts = { animated: 1, significantBits: null };
  const colour = file[25];
  for (let at = 8; at + 12 <= file.length; at += 12 + file.readUInt32BE(at)) {
    const kind = file.toString('latin1', at + 4, at + 8);
    const content = file.subarray(at + 8, at + 8 + file.readUInt32BE(at));
    if (kind === 'IDAT') break;
    if (kind === 'acTL' && content.length >= 8) facts.animated = content.readUInt32BE(0);
    if (kind === 'sBIT') {
      // Grey and grey with alpha have one colour, all others three.
      const used = content.subarray(0, colour === 0 || colour === 4 ? 1 : 3);
      facts.significantBits = used.length === 0 ? null : Math.max(...used);
    }
  }
  return facts;
}
