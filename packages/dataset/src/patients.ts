import type { Fault, Part } from '@ddad/contract';
import type { ExpandedFolder } from './expand-folder.ts';
import { quoted, readImageLines } from './image-list.ts';
import { type ListedImage, partOf } from './repartition.ts';

/** Images that one fault names. */
const shownImages = 5;

/**
 * Reads patients.csv (`image,patient`, a line for every image).
 *
 * @param images all that data.json lists
 * @param choice.parted whether the images are in their parts already; else see `patientsApart`
 * @returns the patient of each image as the file names it; and every fault: those of the file (see `readImageLines`), an
 *   image with two lines or none, a patient in more than one part
 */
export function readPatients(
  text: string,
  file: string,
  images: readonly ListedImage[],
  { parted = true } = {},
): { patients: (string | null)[]; faults: Fault[] } {
  const { lines, faults } = readImageLines(text, { file, column: 'patient', images });
  const lineOf = new Map<number, number>();
  const patients = new Array<string | null>(images.length).fill(null);
  for (const { image, position, value, line } of lines) {
    const before = lineOf.get(position);
    if (before !== undefined) {
      const message = `expected every image once, got ${quoted(image)} again, as at line ${before}`;
      faults.push({ path: `${file} line ${line}`, message });
      continue;
    }
    lineOf.set(position, line);
    patients[position] = value;
  }
  // Of an image without a patient nobody could say that it is in one part only. A faulty file would make all of them missing.
  const missing = images.filter((_image, position) => !lineOf.has(position));
  if (missing.length > 0 && faults.length === 0) {
    const names = missing.slice(0, shownImages).map(({ name }) => quoted(name));
    const more = missing.length > shownImages ? ` and ${missing.length - shownImages} more` : '';
    faults.push({
      path: file,
      message: `expected a line for every image that data.json lists, got none for ${names.join(', ')}${more}`,
    });
  }
  const named = (patient: string, positions: readonly number[]) =>
    `patient ${quoted(patient)} in ${byPart(positions, images, (position) => `line ${lineOf.get(position)}`)}`;
  for (const { id, positions } of parted ? sharedPatients(patients, images) : [])
    faults.push(shared(file, named(id, positions)));
  return { patients, faults };
}

/** Patients of patients.csv that are in more than one part, by the names of their images. */
export function patientsApart(patients: readonly (string | null)[], images: readonly ListedImage[]): Fault[] {
  return sharedPatients(patients, images).map(({ id, positions }) =>
    shared(
      'patients.csv',
      `patient ${quoted(id)} in ${byPart(positions, images, (at) => quoted(images[at]!.name))}`,
    ),
  );
}

/**
 * Whose images are: as patients.csv says, else as files do.
 * @returns null where nothing tells; and faults of what files say (those of patients.csv are found where it is read)
 */
export function knownPatients({
  patients,
  owners,
  images,
}: Pick<ExpandedFolder, 'patients' | 'owners' | 'images'>): {
  patients: (string | null)[] | null;
  faults: Fault[];
} {
  if (patients !== null) return { patients, faults: [] };
  if (owners.every((owner) => owner === null)) return { patients: null, faults: [] };
  return { patients: owners, faults: patientsOfFiles(owners, images) };
}

/** Patients that DICOM files name: what the files say is not repeated, the images tell who is meant. */
export function patientsOfFiles(
  patients: readonly (string | null)[],
  images: readonly ListedImage[],
): Fault[] {
  return sharedPatients(patients, images).map(({ positions }) =>
    shared(
      'images',
      `one patient (by DICOM's PatientID, where it is empty by the study or series, or one volume; a patients.csv ` +
        `overrules it) in ` +
        byPart(positions, images, (position) => quoted(images[position]!.name)),
    ),
  );
}

/** Numbers from 1 in the order in which patients first occur: nothing of what they are called is left. */
export function patientNumbers(patients: readonly (string | null)[]): (number | null)[] {
  const numbers = new Map<string, number>();
  return patients.map((patient) => {
    if (patient === null) return null;
    const number = numbers.get(patient) ?? numbers.size + 1;
    numbers.set(patient, number);
    return number;
  });
}

function shared(path: string, came: string): Fault {
  return { path, message: `expected every patient in one part, got ${came}` };
}

function sharedPatients(patients: readonly (string | null)[], images: readonly ListedImage[]) {
  const groups = Map.groupBy(patients.keys(), (position) => patients[position]!);
  return [...groups].flatMap(([id, positions]) => {
    const parts = new Set(positions.map((position) => partOf(images[position]!)));
    return id === null || parts.size < 2 ? [] : [{ id, positions }];
  });
}

/** `train (line 2, line 5) and test (line 9)` */
function byPart(
  positions: readonly number[],
  images: readonly ListedImage[],
  show: (position: number) => string,
): string {
  const parts = Map.groupBy(positions, (position): Part => partOf(images[position]!));
  return [...parts]
    .map(([part, inPart]) => {
      const more = inPart.length > shownImages ? `, ... ${inPart.length} in all` : '';
      return `${part} (${inPart.slice(0, shownImages).map(show).join(', ')}${more})`;
    })
    .join(' and ');
}
