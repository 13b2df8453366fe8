import { isDeflated } from './dicom/dicom-file.ts';
import { type ImageKind, kindOf } from './image-kinds.ts';
import type { HeldRoom, Room } from './memory-room.ts';
import { toldUnpacked } from './nifti/open-nifti.ts';
import { type OpenedImage, openImage, type Reading } from './open-image.ts';
import { imageFileContent, imageFileSize } from './read-file.ts';
import { mostUnpacked, UnpacksToMore } from './unpacking.ts';

/** What pictures unpack to, mostly, and the most that Deflate can make of a byte. */
const ratios = { usual: 4, most: 1032 } as const;

/** Bytes that small files may unpack to, whatever their ratio. */
const leastUnpacked = 2 ** 20;

/** What opening a file takes: `bytes` beside its own, and what it then may unpack to. */
interface Opening {
  bytes: number;
  unpacked: number;
}

/** @param again whether it unpacks to more than was thought */
function openingOf(file: Buffer, kind: ImageKind, again: boolean): Opening {
  // Voxels of the other byte order are copied.
  if (kind === 'NIfTI') return { bytes: file.length, unpacked: 0 };
  if (kind !== 'gzip' && !(kind === 'DICOM' && isDeflated(file))) return { bytes: 0, unpacked: 0 };
  const told = kind === 'gzip' && !again ? toldUnpacked(file) : null;
  if (told !== null) return { bytes: told, unpacked: told };
  const wanted = Math.max(leastUnpacked, file.length * (again ? ratios.most : ratios.usual));
  const most = Math.min(mostUnpacked, wanted);
  // Twice: pieces, and what they are put together to.
  return { bytes: 2 * most, unpacked: again ? mostUnpacked : most };
}

/**
 * Reads and opens an image's file, with room for all that it takes until its pictures are decoded. Room for the file is taken before
 * it is read, room for what it unpacks to before that is done. Where there is too little left for more, all is dropped and begun
 * again with room for everything: who keeps some of it and waits may wait for ever.
 * @param check called with the content before it is opened; throws where it should not be
 * @returns with the room that it has, to be given back
 * @throws UnreadableImage and whatever reading throws; no room is kept then
 */
export async function openWithinRoom(
  path: string,
  reading: Reading,
  room: Room,
  check: (file: Buffer, kind: ImageKind) => void,
): Promise<{ opened: OpenedImage; held: HeldRoom }> {
  let wanted = await imageFileSize(path);
  let again = false;
  for (;;) {
    const held = room(wanted);
    try {
      const file = await imageFileContent(path);
      const kind = kindOf(file);
      check(file, kind);
      const opening = openingOf(file, kind, again);
      wanted = Math.max(wanted, file.length + opening.bytes);
      if (held.resize(wanted)) {
        const opened = await openImage(file, reading, opening.unpacked);
        const decoding = file.length + opened.bytes;
        wanted = Math.max(wanted, decoding);
        if (held.resize(decoding)) return { opened, held };
      }
    } catch (error) {
      if (!(error instanceof UnpacksToMore)) {
        held.release();
        throw error;
      }
      again = true;
    }
    held.release();
  }
}
