import { byFolder, type FolderRole, hasRole, withoutMasks } from './image-folders.ts';
import type { FolderLayout } from './layout.ts';

/**
 * What a folder's folders say of its images, where they say it without doubt: `train`, `test` and perhaps `valid` with folders
 * in them (as MVTec, anomalib, BMAD and MedIAnomaly have them), or one folder of normal images beside others.
 * @param files images below the folder
 * @returns null where they may mean several things, or nothing
 */
export function findLayout(files: readonly string[]): FolderLayout | null {
  const folder = onlyFolder(files);
  const images = withoutMasks(files, folder);
  const top = byFolder(images, folder);
  const roots = {
    train: rolesIn(top, 'train'),
    test: rolesIn(top, 'test'),
    validation: rolesIn(top, 'validation'),
    unlabeled: rolesIn(top, 'unlabeled'),
    normal: rolesIn(top, 'normal'),
  };
  if (Object.values(roots).some((names) => names.length > 1)) return null;
  const { train, test, validation, unlabeled, normal } = roots;
  const pool = unlabeled.flatMap((name) => top.get(name)!);
  if (train.length === 1 && normal.length === 0) {
    return partedLayout(images, pool, {
      train: `${folder}${train[0]}/`,
      test: test.length === 0 ? null : `${folder}${test[0]}/`,
      validation: validation.length === 0 ? null : `${folder}${validation[0]}/`,
    });
  }
  const kinds = [...top.keys()].filter(
    (name) => name !== '' && !normal.includes(name) && !unlabeled.includes(name),
  );
  const parted = [...train, ...test, ...validation].length > 0;
  if (normal.length !== 1 || kinds.length === 0 || parted || top.has('')) return null;
  return {
    title: `a folder ${normal[0]}/ of normal images beside others`,
    normal: top.get(normal[0]!)!,
    splits: true,
    unlabeled: pool,
    test: { normal: [], abnormal: kinds.map((name) => ({ name, images: top.get(name)! })) },
    validation: [],
    leftOut: new Map(),
  };
}

/** The folder that all images are in, where it is one within another: archives unpack so. Empty, or with a slash at its end. */
function onlyFolder(files: readonly string[]): string {
  let folder = '';
  for (;;) {
    const [name, ...more] = byFolder(files, folder).keys();
    const parts = ['train', 'test', 'normal'] as const;
    if (name === undefined || name === '' || more.length > 0 || parts.some((role) => hasRole(role, name)))
      return folder;
    folder = `${folder}${name}/`;
  }
}

const rolesIn = (folders: ReadonlyMap<string, unknown>, role: FolderRole) =>
  [...folders.keys()].filter((name) => hasRole(role, name));

function partedLayout(
  images: readonly string[],
  pool: readonly string[],
  roots: { train: string; test: string | null; validation: string | null },
): FolderLayout {
  const leftOut = new Map<string, number>();
  const trained = byFolder(images, roots.train);
  const normals = rolesIn(trained, 'normal');
  const pools = rolesIn(trained, 'unlabeled');
  const others = [...trained.keys()].filter((name) => !normals.includes(name) && !pools.includes(name));
  // Without a folder of that name all of them are normal, each patient perhaps in a folder of their own.
  const normal = (normals.length === 0 ? others : normals).flatMap((name) => trained.get(name)!).sort();
  if (normals.length > 0) {
    for (const name of others) leftOut.set(`${roots.train}${name}`, trained.get(name)!.length);
  }
  const validated =
    roots.validation === null ? new Map<string, string[]>() : byFolder(images, roots.validation);
  const validation: string[] = [];
  for (const [name, some] of validated) {
    if (name === '' || hasRole('normal', name)) validation.push(...some);
    else leftOut.set(`${roots.validation}${name}`, some.length);
  }
  const tested = roots.test === null ? new Map<string, string[]>() : byFolder(images, roots.test);
  const isNormal = (name: string) => hasRole('normal', name);
  const flat = [...tested.keys()].every((name) => name === '') && tested.size > 0;
  return {
    title: 'folders of training and test images',
    normal,
    splits: false,
    unlabeled: [...pool, ...pools.flatMap((name) => trained.get(name)!)].sort(),
    test: flat
      ? { unknown: tested.get('')! }
      : {
          normal: [...tested].flatMap(([name, some]) => (isNormal(name) ? some : [])),
          abnormal: [...tested].flatMap(([name, some]) =>
            isNormal(name) || name === '' ? [] : [{ name, images: some }],
          ),
        },
    validation: validation.sort(),
    leftOut,
  };
}
