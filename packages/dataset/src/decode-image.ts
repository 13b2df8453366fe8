import { decodeGrey } from './decode.ts';
import { openDicom } from './dicom/decode-dicom.ts';
import { isDicom } from './dicom/dicom-file.ts';
import type { GreyImage } from './grey.ts';

/**
 * Decodes a PNG, JPEG (see `decodeGrey`) or DICOM file (see `openDicom`) to 8-bit grey.
 * @returns the image, and whose it is: a DICOM file's PatientID, which must not leave the process; null where none is known
 * @throws UnreadableImage for anything else, and for damaged files
 */
export async function decodeImage(file: Buffer): Promise<{ image: GreyImage; patient: string | null }> {
  if (!isDicom(file)) return { image: await decodeGrey(file), patient: null };
  const dicom = openDicom(file);
  return { image: await dicom.decode(0, 1), patient: dicom.patient };
}
