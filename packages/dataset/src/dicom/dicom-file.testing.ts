import { dicomPart10, element, explicitLittleEndian, word } from './write-elements.ts';

/** What a small DICOM file says. */
export interface DicomFile {
  patient: string;
  name: string;
  columns: number;
  /** Row after row, frame after frame, 0 … 4095. */
  values: readonly number[];
  /** Default 1. */
  frames?: number;
  /** StudyInstanceUID; default none, like the series'. */
  study?: string;
  series?: string;
}

/** A DICOM file of 12 bits in Explicit VR Little Endian, byte by byte as PS3.5 and PS3.10 say. */
export function dicomFile({ patient, name, columns, values, frames = 1, study, series }: DicomFile): Buffer {
  return dicomPart10(
    [element('00020010', 'UI', explicitLittleEndian)],
    [
      element('00100010', 'PN', name),
      element('00100020', 'LO', patient),
      ...(study === undefined ? [] : [element('0020000D', 'UI', study)]),
      ...(series === undefined ? [] : [element('0020000E', 'UI', series)]),
      element('00280002', 'US', word(1)),
      element('00280004', 'CS', 'MONOCHROME2'),
      ...(frames === 1 ? [] : [element('00280008', 'IS', String(frames))]),
      element('00280010', 'US', word(values.length / frames / columns)),
      element('00280011', 'US', word(columns)),
      element('00280100', 'US', word(16)),
      element('00280101', 'US', word(12)),
      element('00280102', 'US', word(11)),
      element('00280103', 'US', word(0)),
      element('7FE00010', 'OW', Buffer.from(Uint16Array.from(values).buffer)),
    ],
  );
}
