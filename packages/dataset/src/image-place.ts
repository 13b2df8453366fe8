/** Where an image lies: a file, or a part of one. */
export interface ImagePlace {
  file: string;
  /** A frame of a DICOM file, from 1; a slice of a volume, from 0. Null for all that there are. */
  part: number | null;
}

/** The highest number of a part: names have at most six digits. */
export const mostParts = 999_999;

/** `vol.nii.gz#42` is part 42 of `vol.nii.gz`. A file may be called so as well: then it is meant, where it is there. */
export function imagePlace(name: string): ImagePlace {
  const found = /^(.+)#(\d{1,6})$/.exec(name);
  return found === null ? { file: name, part: null } : { file: found[1]!, part: Number(found[2]) };
}

/** The name of a part of a file. */
export function partName(name: string, part: number): string {
  return `${imagePlace(name).file}#${part}`;
}
