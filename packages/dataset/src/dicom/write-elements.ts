/** Value representations whose length takes four bytes (PS3.5, 7.1.2). */
const long = new Set(['OB', 'OW', 'SQ', 'UN']);
/** What fills up a value of odd length. */
const filler: Record<string, string> = { UI: '\0', OB: '\0', OW: '\0', UN: '\0' };

/**
 * A DICOM element in Explicit VR Little Endian, byte by byte as PS3.5 says.
 * @param tag `00100020`
 */
export function element(tag: string, vr: string, value: Buffer | string): Buffer {
  let bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  if (bytes.length % 2 === 1) bytes = Buffer.concat([bytes, Buffer.from(filler[vr] ?? ' ')]);
  const head = Buffer.alloc(4);
  head.writeUInt16LE(Number.parseInt(tag.slice(0, 4), 16));
  head.writeUInt16LE(Number.parseInt(tag.slice(4), 16), 2);
  const length = Buffer.alloc(long.has(vr) ? 6 : 2);
  if (long.has(vr)) length.writeUInt32LE(bytes.length, 2);
  else length.writeUInt16LE(bytes.length);
  return Buffer.concat([head, Buffer.from(vr), length, bytes]);
}

/** An unsigned 16-bit value. */
export function word(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** A sequence of one item with these elements. */
export function sequenceOfOne(tag: string, elements: readonly Buffer[]): Buffer {
  const content = Buffer.concat(elements);
  const head = Buffer.alloc(8);
  head.writeUInt16LE(0xfffe);
  head.writeUInt16LE(0xe000, 2);
  head.writeUInt32LE(content.length, 4);
  return element(tag, 'SQ', Buffer.concat([head, content]));
}

/**
 * A DICOM file around a data set (PS3.10).
 * @param meta elements of group 2 but their length
 * @param data in rising order of tags
 */
export function dicomPart10(meta: readonly Buffer[], data: readonly Buffer[]): Buffer {
  const group = Buffer.concat(meta);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(group.length);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element('00020000', 'UL', length),
    group,
    ...data,
  ]);
}

/** Explicit VR Little Endian. */
export const explicitLittleEndian = '1.2.840.10008.1.2.1';
