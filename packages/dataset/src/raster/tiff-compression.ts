const compressionTag = 259;

/** The number by which a TIFF or BigTIFF says how its first picture is coded (TIFF 6.0, section 8); 1, none, where it does not. */
export function tiffCompression(file: Buffer): number {
  const little = file.toString('latin1', 0, 2) === 'II';
  const u16 = (at: number) => (little ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const u32 = (at: number) => (little ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const u64 = (at: number) => Number(little ? file.readBigUInt64LE(at) : file.readBigUInt64BE(at));
  const fits = (at: number, bytes: number) => at + bytes <= file.length;
  if (!fits(0, 16)) return 1;
  const big = u16(2) === 43;
  const directory = big ? u64(8) : u32(4);
  if (!fits(directory, big ? 8 : 2)) return 1;
  const entries = big ? u64(directory) : u16(directory);
  const [head, size, value] = big ? [8, 20, 12] : [2, 12, 8];
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + head + entry * size;
    if (!fits(at, size)) break;
    if (u16(at) === compressionTag) return u16(at + value);
  }
  return 1;
}
