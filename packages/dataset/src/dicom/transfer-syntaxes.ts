/** How a DICOM file holds its pixels. */
export type PixelCoding = 'native' | 'rle' | 'jpeg' | 'jpeg-lossless' | 'jpeg-ls' | 'jpeg-2000' | 'htj2k';

interface TransferSyntax {
  name: string;
  /** Null where we cannot read it. */
  coding: PixelCoding | null;
}

/** By UID (PS3.6, table A-1). */
const transferSyntaxes: Readonly<Record<string, TransferSyntax>> = {
  '1.2.840.10008.1.2': { name: 'Implicit VR Little Endian', coding: 'native' },
  '1.2.840.10008.1.2.1': { name: 'Explicit VR Little Endian', coding: 'native' },
  '1.2.840.10008.1.2.1.98': { name: 'Encapsulated Uncompressed', coding: null },
  '1.2.840.10008.1.2.1.99': { name: 'Deflated Explicit VR Little Endian', coding: 'native' },
  '1.2.840.10008.1.2.2': { name: 'Explicit VR Big Endian', coding: 'native' },
  '1.2.840.10008.1.2.5': { name: 'RLE Lossless', coding: 'rle' },
  '1.2.840.10008.1.2.4.50': { name: 'JPEG Baseline', coding: 'jpeg' },
  '1.2.840.10008.1.2.4.51': { name: 'JPEG Extended', coding: 'jpeg' },
  '1.2.840.10008.1.2.4.57': { name: 'JPEG Lossless', coding: 'jpeg-lossless' },
  '1.2.840.10008.1.2.4.70': { name: 'JPEG Lossless SV1', coding: 'jpeg-lossless' },
  '1.2.840.10008.1.2.4.80': { name: 'JPEG-LS Lossless', coding: 'jpeg-ls' },
  '1.2.840.10008.1.2.4.81': { name: 'JPEG-LS Near-lossless', coding: 'jpeg-ls' },
  '1.2.840.10008.1.2.4.90': { name: 'JPEG 2000 Lossless', coding: 'jpeg-2000' },
  '1.2.840.10008.1.2.4.91': { name: 'JPEG 2000', coding: 'jpeg-2000' },
  '1.2.840.10008.1.2.4.92': { name: 'JPEG 2000 Part 2 Lossless', coding: null },
  '1.2.840.10008.1.2.4.93': { name: 'JPEG 2000 Part 2', coding: null },
  '1.2.840.10008.1.2.4.100': { name: 'MPEG2 Main Profile', coding: null },
  '1.2.840.10008.1.2.4.102': { name: 'MPEG-4 AVC/H.264', coding: null },
  '1.2.840.10008.1.2.4.107': { name: 'HEVC/H.265', coding: null },
  '1.2.840.10008.1.2.4.110': { name: 'JPEG XL Lossless', coding: null },
  '1.2.840.10008.1.2.4.111': { name: 'JPEG XL JPEG Recompression', coding: null },
  '1.2.840.10008.1.2.4.112': { name: 'JPEG XL', coding: null },
  '1.2.840.10008.1.2.4.201': { name: 'High-Throughput JPEG 2000 Lossless', coding: 'htj2k' },
  '1.2.840.10008.1.2.4.202': { name: 'High-Throughput JPEG 2000 RPCL Lossless', coding: 'htj2k' },
  '1.2.840.10008.1.2.4.203': { name: 'High-Throughput JPEG 2000', coding: 'htj2k' },
};

/**
 * A transfer syntax as messages name it, and its coding; null where it cannot be read. A file without meta information has
 * native pixels.
 */
export function transferSyntax(uid: string | null): { title: string; coding: PixelCoding | null } {
  if (uid === null) return { title: 'no transfer syntax', coding: 'native' };
  const known = transferSyntaxes[uid];
  // Whatever stands in a header is not repeated unless it is a UID.
  const shown = /^[0-9.]{1,64}$/.test(uid) ? uid : 'no UID';
  return { title: known === undefined ? shown : `${known.name} (${uid})`, coding: known?.coding ?? null };
}
