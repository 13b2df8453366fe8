import { extname } from 'node:path';
import { imageExtensions } from '../find-images.ts';
import { masksBeside } from '../masks/mask-name.ts';

/** Names of folders by what lies in them, whatever their case. */
export const folderNames = {
  normal: new Set(['normal', 'normals', 'good', 'healthy']),
  /** Whatever else a test has folders of is abnormal too: these are known to be so anywhere. */
  abnormal: new Set(
    (
      'abnormal abnormals anomaly anomalies anomalous bad ungood defect defects defective lesion lesions tumor tumors tumour ' +
      'tumours cancer disease diseased pathology pathological sick unhealthy'
    ).split(' '),
  ),
  unlabeled: new Set(['unlabeled', 'unlabelled']),
  train: new Set(['train', 'training']),
  test: new Set(['test', 'testing']),
  validation: new Set(['val', 'valid', 'validation']),
  masks: new Set(
    'ground_truth groundtruth mask masks label labels annotation annotations seg segmentation'.split(' '),
  ),
};
export type FolderRole = keyof typeof folderNames;

export const hasRole = (role: FolderRole, folder: string) => folderNames[role].has(folder.toLowerCase());

/**
 * Whether a file without a list is to be taken for an image by its name alone: DICOM files often have no extension, or the last
 * number of a UID.
 * @returns null where the name does not tell: of `slice 2.5mm 0` the extension is none
 */
export function isImageByName(path: string): boolean | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.startsWith('.') || /^dicomdir$/i.test(name) || /^(readme|license|licence|copying)$/i.test(name))
    return false;
  if (/\.nii\.gz$/i.test(name)) return true;
  const extension = extname(name).toLowerCase();
  return extension === '' || /^\.\d+$/.test(extension) || imageExtensions.has(extension) ? true : null;
}

/** Whether a file may be an image where it is not looked at. */
export const mayBeImage = (path: string) => isImageByName(path) === true;

/** Paths by their first folder below `folder` (which ends with a slash, or is empty); '' for those that lie in it. */
export function byFolder(paths: readonly string[], folder: string): Map<string, string[]> {
  const below = paths.filter((path) => path.startsWith(folder));
  return Map.groupBy(below, (path) => {
    const rest = path.slice(folder.length);
    return rest.includes('/') ? rest.slice(0, rest.indexOf('/')) : '';
  });
}

/** Leaves out masks: what lies in folders of masks below `folder`, or beside the image that it is the mask of. */
export function withoutMasks(paths: readonly string[], folder: string): string[] {
  const beside = masksBeside(paths);
  return paths.filter((path) => !beside.has(path) && !inMaskFolder(path.slice(folder.length)));
}

/** Whether one of a path's folders is one of masks. */
export const inMaskFolder = (path: string) =>
  path
    .split('/')
    .slice(0, -1)
    .some((folder) => hasRole('masks', folder));
