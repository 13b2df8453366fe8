import type { Fault } from '@ddad/contract';
import type { DatasetFolder, UnsplitFolder } from '../dataset-folder.ts';
import { patientsApart } from '../patients.ts';
import type { ReadListedImages } from '../read-listed-images.ts';
import { parseRepartition, partOf } from '../repartition.ts';
import { dataJsonOf } from './layout.ts';
import { chooseTest } from './split-groups.ts';

/**
 * Gives a folder whose images were read its test images: which ones belong together is only known now. The images then are in
 * the order in which the data.json lists them that would say the same.
 * @returns with the text of that data.json
 */
export function splitFolder(
  folder: DatasetFolder,
  read: ReadListedImages,
  { layout, split }: UnsplitFolder,
): { folder: DatasetFolder; read: ReadListedImages; dataJson: string } {
  const { images } = folder;
  const known = images.flatMap((_image, position) =>
    partOf(images[position]!) === 'unlabeled' ? [] : [position],
  );
  const patientAt = (position: number) => folder.patients?.[position] ?? read.owners[position] ?? null;
  const isTest = chooseTest(
    known.map((position) => {
      const patient = patientAt(position);
      const digests = read.pictures[position]?.map(({ digest }) => `pixels ${digest}`) ?? [];
      return {
        normal: partOf(images[position]!) === 'train',
        ties: [...(patient === null ? [] : [`patient ${patient}`]), ...digests],
      };
    }),
    split,
  );
  const test = new Set(known.filter((_position, i) => isTest[i]).map((position) => images[position]!.name));
  const tied = tiedFault({
    normal: layout.normal.length,
    test: layout.normal.filter((name) => test.has(name)).length,
    wanted: Math.round(split.share * layout.normal.length),
    patients: new Set(known.flatMap((position) => patientAt(position) ?? [])).size,
    listed: folder.patients !== null,
  });
  const abnormal = 'unknown' in layout.test ? [] : layout.test.abnormal;
  const dataJson = JSON.stringify(
    dataJsonOf({
      ...layout,
      normal: layout.normal.filter((name) => !test.has(name)),
      test: { normal: layout.normal.filter((name) => test.has(name)), abnormal },
    }),
  );
  const parsed = parseRepartition(dataJson);
  const before = new Map(images.map(({ name }, position) => [name, position]));
  const origins = parsed.images.map(({ name }) => before.get(name)!);
  const now = new Map(origins.map((origin, position) => [origin, position]));
  const moved = <T>(list: readonly T[]) => origins.map((origin) => list[origin]!);
  const patients = folder.patients === null ? null : moved(folder.patients);
  return {
    dataJson,
    folder: {
      ...folder,
      repartition: parsed.repartition,
      images: parsed.images,
      files: moved(folder.files),
      pathologies:
        folder.pathologies?.map(({ name, images: some }) => ({
          name,
          images: some.map((position) => now.get(position)!).sort((a, b) => a - b),
        })) ?? null,
      patients,
      faults: [
        ...folder.faults,
        ...(tied === null
          ? parsed.faults.map(({ path, message }) => ({ path: `split: ${path}`, message }))
          : [tied]),
        ...(patients === null ? [] : patientsApart(patients, parsed.images)),
      ],
    },
    read: { ...read, pictures: moved(read.pictures), owners: moved(read.owners) },
  };
}

/** How many normal images a split had and how many it chose, and of how many patients all known images are. */
interface Chosen {
  normal: number;
  test: number;
  wanted: number;
  patients: number;
  /** Whether a patients.csv says so. */
  listed: boolean;
}

/** Says what ties normal images so that none is left for one side of the split; null where both have some. */
function tiedFault({ normal, test, wanted, patients, listed }: Chosen): Fault | null {
  const allTests = normal > 0 && test === normal;
  if (!allTests && (test > 0 || wanted === 0)) return null;
  const whose = listed
    ? 'patients.csv has'
    : "DICOM's PatientID, where it is empty study or series, and volumes tell of";
  const overruled = listed ? '' : '; a patients.csv overrules that';
  const known =
    patients === 0 ? '' : ` (${whose} ${patients} ${patients === 1 ? 'patient' : 'patients'}${overruled})`;
  return {
    path: 'split',
    message: allTests
      ? `expected a normal image whose patient has no abnormal one, got ${normal} that are all of patients with ` +
        `abnormal images, or copies of such${known}`
      : `expected normal images of two patients at least, got ${normal} that are all of one, or copies of one another${known}`,
  };
}
