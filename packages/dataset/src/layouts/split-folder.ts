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
  const isTest = chooseTest(
    known.map((position) => {
      const patient = folder.patients?.[position] ?? read.owners[position] ?? null;
      const digests = read.pictures[position]?.map(({ digest }) => `pixels ${digest}`) ?? [];
      return {
        normal: partOf(images[position]!) === 'train',
        ties: [...(patient === null ? [] : [`patient ${patient}`]), ...digests],
      };
    }),
    split,
  );
  const test = new Set(known.filter((_position, i) => isTest[i]).map((position) => images[position]!.name));
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
        ...parsed.faults.map(({ path, message }) => ({ path: `split: ${path}`, message })),
        ...(patients === null ? [] : patientsApart(patients, parsed.images)),
      ],
    },
    read: { ...read, pictures: moved(read.pictures), owners: moved(read.owners) },
  };
}
