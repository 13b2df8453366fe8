import { type FileHandle, open } from 'node:fs/promises';
import { checkPositions } from './packed-pixels.ts';

/** What is in memory of a file at a time, but for images that are larger themselves. */
const pieceBytes = 4 * 2 ** 20;

/**
 * Images of a packed dataset's file by position, a few at a time: memory does not grow with the dataset.
 * @param path [N, imageSize, imageSize], unsigned bytes
 * @param positions in 0 … N-1
 * @yields the next images, [n, imageSize, imageSize]; valid until the next ones are asked for
 * @throws RangeError on a position that the dataset does not have
 */
export async function* imagePieces(
  path: string,
  imageSize: number,
  positions: readonly number[],
): AsyncGenerator<Uint8Array> {
  const area = imageSize * imageSize;
  const file = await open(path, 'r');
  try {
    checkPositions(positions, Math.floor((await file.stat()).size / area));
    const most = Math.max(1, Math.floor(pieceBytes / area));
    const buffer = new Uint8Array(Math.min(most, positions.length) * area);
    for (let first = 0; first < positions.length; first += most) {
      const wanted = positions.slice(first, first + most);
      await Promise.all(
        runsOf(wanted).map(({ at, position, count }) =>
          readAt(file, buffer.subarray(at * area, (at + count) * area), position * area),
        ),
      );
      yield buffer.subarray(0, wanted.length * area);
    }
  } finally {
    await file.close();
  }
}

/** The same, all of them at once: [positions, imageSize, imageSize]. Nothing else of the file is in memory. */
export async function readImages(
  path: string,
  imageSize: number,
  positions: readonly number[],
): Promise<Uint8Array> {
  const images = new Uint8Array(positions.length * imageSize * imageSize);
  let at = 0;
  for await (const piece of imagePieces(path, imageSize, positions)) {
    images.set(piece, at);
    at += piece.length;
  }
  return images;
}

/**
 * A file from its beginning to its end, through one buffer: streams leave a buffer behind for every piece, which adds up
 * while a large file is read.
 * @yields the next bytes; valid until the next ones are asked for
 */
export async function* filePieces(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const buffer = new Uint8Array(pieceBytes);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** Images that lie side by side in the file and in what is asked for: they are one read. */
function runsOf(positions: readonly number[]): { at: number; position: number; count: number }[] {
  const runs: { at: number; position: number; count: number }[] = [];
  for (const [at, position] of positions.entries()) {
    const last = runs.at(-1);
    if (last !== undefined && last.position + last.count === position) last.count += 1;
    else runs.push({ at, position, count: 1 });
  }
  return runs;
}

async function readAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  const { bytesRead } = await file.read(bytes, 0, bytes.length, position);
  if (bytesRead !== bytes.length) {
    throw new RangeError(
      `packed pixels: expected ${bytes.length} bytes at ${position}, got ${bytesRead}: the file was cut meanwhile`,
    );
  }
}
