import { inflateRawSync, type ZlibOptions } from 'node:zlib';
import { mostUnpacked, unpackedBy } from '../unpacking.ts';
import { UnreadableImage } from '../unreadable-image.ts';
import { DataSet, type Encoding } from './data-elements.ts';

/** A file's parts (PS3.10): what its meta information says, and its data set. */
export interface DicomFileParts {
  /** Null where there is no meta information, or none that says it. */
  transferSyntax: string | null;
  /** Of what kind the object is: a SOP Class UID, of the meta information or of the data set. */
  sopClass: string | null;
  data: DataSet;
}

const deflated = '1.2.840.10008.1.2.1.99';
const bigEndian = '1.2.840.10008.1.2.2';
const meta: Encoding = { explicit: true, littleEndian: true };

/** DICM behind a preamble of 128 bytes, or what begins as meta information or a data set do. */
export function isDicom(file: Buffer): boolean {
  return file.toString('latin1', 128, 132) === 'DICM' || beginsWithElements(file);
}

/** Whether the first element is one that files without a preamble begin with, and the next one follows it. */
function beginsWithElements(file: Buffer): boolean {
  if (file.length < 32) return false;
  return [true, false].some((littleEndian) => {
    const [tag, next] = firstTags(file, { littleEndian, explicit: hasVr(file) }) ?? [];
    if (tag === undefined || next === undefined) return false;
    const begins = (tag >>> 16 === 2 && (tag & 0xffff) <= 2) || (tag >>> 16 === 8 && (tag & 0xffff) <= 0x18);
    return begins && next > tag && next < 0x00280000;
  });
}

/** Whether the first element has a VR: transfer syntaxes are wrong about it at times. */
const hasVr = (bytes: Buffer) => /^[A-Z]{2}$/.test(bytes.toString('latin1', 4, 6));

/** The first two tags, of which the second may be missing; null where the first element does not fit into the bytes. */
function firstTags(bytes: Buffer, encoding: Encoding): number[] | null {
  const tags: number[] = [];
  try {
    new DataSet(bytes, encoding, 0, (tag) => tags.push(tag) < 2);
    return tags;
  } catch {
    return null;
  }
}

/** How a data set is written: as its transfer syntax says, unless its first elements say otherwise. */
function encodingOf(bytes: Buffer, transferSyntax: string | null): Encoding {
  // Without a transfer syntax: data sets begin with a small group.
  const littleEndian =
    transferSyntax === null ? bytes.readUInt16LE(0) <= bytes.readUInt16BE(0) : transferSyntax !== bigEndian;
  const explicit = hasVr(bytes);
  const rising = (encoding: Encoding) => {
    const [tag, next] = firstTags(bytes, encoding) ?? [];
    return tag !== undefined && (next === undefined || next > tag);
  };
  const other = { littleEndian: !littleEndian, explicit };
  return !rising({ littleEndian, explicit }) && rising(other) ? other : { littleEndian, explicit };
}

/** A file's meta information, and all behind it. */
function partsOf(file: Buffer): { head: DataSet | null; transferSyntax: string | null; rest: Buffer } {
  const start = file.toString('latin1', 128, 132) === 'DICM' ? 132 : 0;
  const bytes = file.subarray(start);
  if (bytes.length < 8) throw nothingThere();
  const head = bytes.readUInt16LE(0) === 2 ? new DataSet(bytes, meta, 0, (tag) => tag < 0x00030000) : null;
  const transferSyntax = head?.text(0x00020010) ?? null;
  return { head, transferSyntax, rest: bytes.subarray(head?.end ?? 0) };
}

/**
 * Whether a DICOM file's data set is packed.
 * @throws UnreadableImage where its meta information is damaged
 */
export const isDeflated = (file: Buffer) => partsOf(file).transferSyntax === deflated;

/**
 * Reads a DICOM file, with or without preamble and meta information, up to its pixels.
 * @param most bytes that it may unpack to where it is packed (see `unpackedBy`)
 * @throws UnreadableImage where it is cut off or damaged; what a header says is not in the message
 */
export function readDicomFile(file: Buffer, most = mostUnpacked): DicomFileParts {
  const { head, transferSyntax, rest } = partsOf(file);
  const set = transferSyntax === deflated ? inflated(rest, most) : rest;
  if (set.length < 8) throw nothingThere();
  const data = new DataSet(set, encodingOf(set, transferSyntax), 0, (tag) => tag <= 0x7fe00010);
  return { transferSyntax, sopClass: head?.text(0x00020002) ?? data.text(0x00080016), data };
}

function nothingThere(): UnreadableImage {
  return new UnreadableImage('DICOM: expected a data set, got the end of the file');
}

function inflated(bytes: Buffer, most: number): Buffer {
  const inflate = (options: ZlibOptions) => inflateRawSync(bytes, options);
  return unpackedBy(most, inflate, 'DICOM: expected a deflated data set');
}
