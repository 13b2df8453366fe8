import type { GreyImage } from './grey.ts';
import { openImage } from './open-image.ts';

/** What a file's first picture is in grey, 16-bit images by their own bits. For whoever has one file and no dataset. */
export async function decodeImage(file: Buffer): Promise<{ image: GreyImage; patient: string | null }> {
  const opened = await openImage(file, { channels: 1, range: null, slices: null });
  const { picture } = await opened.decode(opened.parts[0] ?? null);
  return { image: picture, patient: opened.patient };
}
