/** What a small DICOM file says. */
export interface DicomFile {
  patient: string;
  name: string;
  columns: number;
  /** Row after row, 0 … 4095. */
  values: readonly number[];
}

/** A DICOM file of 12 bits in Explicit VR Little Endian, byte by byte as PS3.5 and PS3.10 say. */
export function dicomFile({ patient, name, columns, values }: DicomFile): Buffer {
  const even = (text: string, filler: string) => Buffer.from(text.length % 2 === 0 ? text : text + filler);
  const element = (tag: string, vr: string, value: Buffer): Buffer => {
    const head = Buffer.alloc(4);
    head.writeUInt16LE(Number.parseInt(tag.slice(0, 4), 16));
    head.writeUInt16LE(Number.parseInt(tag.slice(4), 16), 2);
    const long = vr === 'OW' || vr === 'OB';
    const length = Buffer.alloc(long ? 6 : 2);
    if (long) length.writeUInt32LE(value.length, 2);
    else length.writeUInt16LE(value.length);
    return Buffer.concat([head, Buffer.from(vr), length, value]);
  };
  const word = (value: number) => {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    return bytes;
  };
  const syntax = element('00020010', 'UI', even('1.2.840.10008.1.2.1', '\0'));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(syntax.length);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element('00020000', 'UL', length),
    syntax,
    element('00100010', 'PN', even(name, ' ')),
    element('00100020', 'LO', even(patient, ' ')),
    element('00280002', 'US', word(1)),
    element('00280004', 'CS', even('MONOCHROME2', ' ')),
    element('00280010', 'US', word(values.length / columns)),
    element('00280011', 'US', word(columns)),
    element('00280100', 'US', word(16)),
    element('00280101', 'US', word(12)),
    element('00280102', 'US', word(11)),
    element('00280103', 'US', word(0)),
    element('7FE00010', 'OW', Buffer.from(Uint16Array.from(values).buffer)),
  ]);
}
