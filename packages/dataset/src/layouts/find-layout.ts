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
    const parts = [...train, ...test, ...validation, ...unlabeled];
    return partedLayout(
      images,
      pool,
      {
        train: `${folder}${train[0]}/`,
        test: test.length === 0 ? null : `${folder}${test[0]}/`,
        validation: validation.length === 0 ? null : `${folder}${validation[0]}/`,
      },
      leftOutOf(
        top,
        [...top.keys()].filter((name) => !parts.includes(name)),
        folder,
      ),
    );
  }
  const kinds = [...top.keys()].filter(
    (name) => name !== '' && !normal.includes(name) && !unlabeled.includes(name),
  );
  const parted = [...train, ...test, ...validation].length > 0;
  if (normal.length !== 1 || kinds.length === 0 || parted || top.has('')) return null;
  if (holdsKind(top.get(normal[0]!)!, `${folder}${normal[0]}/`, kinds)) return null;
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

/**
 * Whether images that would count as normal lie in a folder of abnormal ones, by a name that is known or is one of `kinds`.
 * @param root the folder that they are all in
 */
function holdsKind(images: readonly string[], root: string, kinds: readonly string[]): boolean {
  const known = new Set(kinds.map((kind) => kind.toLowerCase()));
  return images.some((path) =>
    path
      .slice(root.length)
      .split('/')
      .slice(0, -1)
      .some((name) => hasRole('abnormal', name) || known.has(name.toLowerCase())),
  );
}

/** How many images some folders below `root` hold, as `FolderLayout` says it; '' are those that lie in it. */
const leftOutOf = (folders: ReadonlyMap<string, string[]>, names: readonly string[], root: string) =>
  new Map(names.map((name) => [name === '' ? root || './' : `${root}${name}`, folders.get(name)!.length]));

/** @returns null where what it would take for normal images lies in folders of abnormal ones */
function partedLayout(
  images: readonly string[],
  pool: readonly string[],
  roots: { train: string; test: string | null; validation: string | null },
  others: FolderLayout['leftOut'],
): FolderLayout | null {
  const below = (root: string | null) =>
    root === null ? new Map<string, string[]>() : byFolder(images, root);
  const isNormal = (name: string) => hasRole('normal', name);
  const trained = below(roots.train);
  const normals = rolesIn(trained, 'normal');
  const pools = rolesIn(trained, 'unlabeled');
  const untold = [...trained.keys()].filter((name) => !normals.includes(name) && !pools.includes(name));
  // Without a folder of that name all of them are normal, each patient perhaps in a folder of their own.
  const normal = (normals.length === 0 ? untold : normals).flatMap((name) => trained.get(name)!).sort();

  const validated = below(roots.validation);
  const heldOut = [...validated.keys()].filter((name) => name === '' || isNormal(name));
  const validation = heldOut.flatMap((name) => validated.get(name)!).sort();

  const tested = below(roots.test);
  const flat = tested.size === 1 && tested.has('');
  const kinds = [...tested.keys()].filter((name) => name !== '' && !isNormal(name));
  if (holdsKind(normal, roots.train, kinds)) return null;
  return {
    title: 'folders of training and test images',
    normal,
    splits: false,
    unlabeled: [...pool, ...pools.flatMap((name) => trained.get(name)!)].sort(),
    test: flat
      ? { unknown: tested.get('')! }
      : {
          normal: [...tested].flatMap(([name, some]) => (isNormal(name) ? some : [])),
          abnormal: kinds.map((name) => ({ name, images: tested.get(name)! })),
        },
    validation,
    leftOut: new Map([
      ...leftOutOf(trained, normals.length === 0 ? [] : untold, roots.train),
      ...leftOutOf(
        validated,
        [...validated.keys()].filter((name) => !heldOut.includes(name)),
        roots.validation ?? '',
      ),
      // Images beside the folders of a test have no label.
      ...leftOutOf(tested, !flat && tested.has('') ? [''] : [], roots.test ?? ''),
      ...others,
    ]),
  };
}
