import { createHash } from 'node:crypto';
import { UnreadableImage } from '../unreadable-image.ts';
import type { DataSet } from './data-elements.ts';
import { readDicomFile } from './dicom-file.ts';
import { groupsOfFrames, sharedGroups } from './functional-groups.ts';
import { resizeFloats } from './resize-floats.ts';
import { dicomPart10, element, explicitLittleEndian, sequenceOfOne, word } from './write-elements.ts';

/** A heat map of a DICOM image. */
export interface HeatMap {
  /** As it is called in the series' description. */
  name: string;
  /** [side, side], rows from the top, 0 and more. */
  values: Float32Array;
  side: number;
  /** Value that is stored as the largest one, and all above. */
  end: number;
  /** Of what made it: heat maps of one series by one maker are one series again. */
  maker: string;
  madeAt: Date;
  /** The frame that it is of, from 1; null or absent where the source has one. */
  frame?: number | null;
}

const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';
const implementation = uid('ddad implementation');
const largest = 65_535;

/** What is taken over from the source: whose it is, its study, and where its pixels lie. By rising tag. */
const patientAndStudy = [
  ['00080005', 'CS'],
  ['00080020', 'DA'],
  ['00080030', 'TM'],
  ['00080050', 'SH'],
  ['00080090', 'PN'],
  ['00081030', 'LO'],
  ['00100010', 'PN'],
  ['00100020', 'LO'],
  ['00100030', 'DA'],
  ['00100040', 'CS'],
  ['0020000D', 'UI'],
  ['00200010', 'SH'],
] as const;
const place = [
  ['00180050', 'DS'],
  ['00181164', 'DS'],
  ['00200013', 'IS'],
  ['00200020', 'CS'],
  ['00200037', 'DS'],
  ['00200052', 'UI'],
  ['00201040', 'LO'],
  ['00280030', 'DS'],
] as const;
/** Of a file with several frames the first one's, where it is not in functional groups: so it is with RT Dose (PS3.3, C.8.8.3). */
const position = [
  ['00200032', 'DS'],
  ['00201041', 'DS'],
] as const;
/** The functional groups that say it of all frames, or of one (PS3.3, C.7.6.16.2 and C.8.19.6), and what of them. */
const placeInGroups = [
  [0x00209113, [['00200032', 'DS']]],
  [0x00209116, [['00200037', 'DS']]],
  [
    0x00289110,
    [
      ['00180050', 'DS'],
      ['00280030', 'DS'],
    ],
  ],
  [0x00289443, [['00181164', 'DS']]],
] as const;
/** Type 2: there, though it be empty. */
const mayBeEmpty = new Set([
  '00080020',
  '00080030',
  '00080050',
  '00080090',
  '00100010',
  '00100020',
  '00100030',
  '00100040',
  '00200010',
  '00200013',
  '00200020',
]);

type Elements = readonly (readonly [tag: string, bytes: Buffer])[];

/** What heat maps take over from the DICOM file that they are of; it keeps nothing else of the file in memory. */
export interface HeatMapSource {
  sopClass: string;
  /** UIDs. */
  series: string;
  instance: string;
  rows: number;
  columns: number;
  severalFrames: boolean;
  /** Where its first frame lies, or all of them. */
  position: Elements;
  /** Patient, study and place of all frames, which win over that. */
  elements: Elements;
  /** What is said of each frame by itself, which wins over both; of none, or of fewer than there are, where the file says no more. */
  frames: readonly Elements[];
}

/**
 * Reads what heat maps of a DICOM file take over from it.
 * @throws UnreadableImage where the file says not which study or image it is
 */
export function heatMapSource(file: Buffer): HeatMapSource {
  const { data } = readDicomFile(file);
  const faults = (
    [
      [0x0020000d, 'a Study Instance UID'],
      [0x0020000e, 'a Series Instance UID'],
      [0x00080016, 'a SOP Class UID'],
      [0x00080018, 'a SOP Instance UID'],
    ] as const
  ).flatMap(([tag, name]) => (data.text(tag) ? [] : [name]));
  if (faults.length > 0) {
    throw new UnreadableImage(`DICOM: expected ${faults.join(', ')} for a heat map to refer to, got none`);
  }
  return {
    sopClass: data.text(0x00080016)!,
    series: data.text(0x0020000e)!,
    instance: data.text(0x00080018)!,
    rows: data.word(0x00280010)!,
    columns: data.word(0x00280011)!,
    severalFrames: Number(data.text(0x00280008) ?? 1) > 1,
    position: taken(data, position),
    elements: [...taken(data, [...patientAndStudy, ...place]), ...takenOfGroups(sharedGroups(data))],
    frames: groupsOfFrames(data).map(takenOfGroups),
  };
}

/**
 * A heat map as a DICOM object that a viewer lays over its source: a Secondary Capture image of the same patient and study, with
 * the source's rows, columns, frame of reference, position and spacing, so that both cover the same place; 16-bit grey, with
 * the rescale slope that gives back the map's own values. It refers to its source image. Of a frame it has the frame's own place,
 * as far as the source says it, and the frame's number for an Instance Number.
 * @param source of the DICOM file that the map is of; what its header says of the patient is in the result
 */
export function heatMapObject(source: HeatMapSource, map: HeatMap): Buffer {
  const { sopClass, series, instance, rows, columns } = source;
  // An only frame may be named by its number too: it is the whole image.
  const frame = source.severalFrames ? (map.frame ?? null) : null;
  const index = (frame ?? 1) - 1;
  const own = uid(map.maker, map.name, instance, ...(frame === null ? [] : [String(frame)]));
  const date = map.madeAt.toISOString().replaceAll(/[-:]/g, '');
  const [day, time] = [date.slice(0, 8), date.slice(9, 15)];
  const decimal = (value: number) => value.toPrecision(9);
  const elements = new Map<string, Buffer>([
    ...(index === 0 ? source.position : []),
    ...source.elements,
    ...(source.frames[index] ?? []),
    ...(
      [
        ['00080008', 'CS', 'DERIVED\\SECONDARY\\OTHER'],
        ['00080012', 'DA', day],
        ['00080013', 'TM', time],
        ['00080016', 'UI', secondaryCapture],
        ['00080018', 'UI', own],
        ['00080023', 'DA', day],
        ['00080033', 'TM', time],
        ['00080060', 'CS', 'OT'],
        ['00080064', 'CS', 'WSD'],
        ['00080070', 'LO', 'DDAD'],
        ['0008103E', 'LO', `DDAD heat map ${map.name}`.slice(0, 64)],
        ['00082111', 'ST', `Anomaly scores ${map.name} by pixel (DDAD), the higher, the more abnormal`],
        ['0020000E', 'UI', uid(map.maker, map.name, series)],
        ['00200011', 'IS', '9900'],
        ['00280002', 'US', word(1)],
        ['00280004', 'CS', 'MONOCHROME2'],
        ['00280010', 'US', word(rows)],
        ['00280011', 'US', word(columns)],
        ['00280100', 'US', word(16)],
        ['00280101', 'US', word(16)],
        ['00280102', 'US', word(15)],
        ['00280103', 'US', word(0)],
        ['00280301', 'CS', 'NO'],
        ['00281050', 'DS', decimal(map.end / 2)],
        ['00281051', 'DS', decimal(map.end)],
        ['00281052', 'DS', '0'],
        ['00281053', 'DS', decimal(map.end / largest)],
        ['00281054', 'LO', 'US'],
      ] as const
    ).map(([tag, vr, value]) => [tag, element(tag, vr, value)] as const),
  ]);
  if (frame !== null) elements.set('00200013', element('00200013', 'IS', String(frame)));
  elements.set(
    '00082112',
    sequenceOfOne('00082112', [
      element('00081150', 'UI', sopClass),
      element('00081155', 'UI', instance),
      ...(frame === null ? [] : [element('00081160', 'IS', String(frame))]),
    ]),
  );
  const stored = resizeFloats(map.values, map.side, columns, rows);
  const pixels = Uint16Array.from(stored, (value) =>
    Math.round(Math.min(1, Math.max(0, value / map.end)) * largest),
  );
  elements.set('7FE00010', element('7FE00010', 'OW', Buffer.from(pixels.buffer)));
  return dicomPart10(
    [
      element('00020001', 'OB', Buffer.from([0, 1])),
      element('00020002', 'UI', secondaryCapture),
      element('00020003', 'UI', own),
      element('00020010', 'UI', explicitLittleEndian),
      element('00020012', 'UI', implementation),
    ],
    [...elements].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, bytes]) => bytes),
  );
}

/** Elements as the source has them: all are text, whose bytes do not depend on the transfer syntax. */
function taken(data: DataSet, tags: readonly (readonly [string, string])[]): [string, Buffer][] {
  return tags.flatMap(([tag, vr]): [string, Buffer][] => {
    const bytes = data.value(Number.parseInt(tag, 16));
    if (bytes === null) return mayBeEmpty.has(tag) ? [[tag, element(tag, vr, '')]] : [];
    return [[tag, element(tag, vr, Buffer.from(bytes))]];
  });
}

/** Where functional groups say that frames lie. */
function takenOfGroups(groups: DataSet | undefined): Elements {
  return placeInGroups.flatMap(([sequence, tags]) => {
    const group = groups?.items(sequence)[0];
    return group === undefined ? [] : taken(group, tags);
  });
}

/** A UID that equal parts give again: 2.25 and a number of 122 bits (PS3.5, B.2), made of their SHA-256 as UUIDs of version 8. */
function uid(...parts: string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${bytes.toString('hex')}`)}`;
}
