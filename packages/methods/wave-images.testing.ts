import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

export const side = 64;
export const area = side * side;

/**
 * Made-up images, all different, for the tests of one file.
 * @returns them, [count × area] grey values, and a directory with them in `path`, which goes when the tests are over
 */
export async function waveImages(
  count: number,
): Promise<{ pixels: Uint8Array<ArrayBuffer>; directory: string; path: string }> {
  const pixels = Uint8Array.from(
    { length: count * area },
    (_, i) => 128 + 127 * Math.sin(i * 0.013 + i / area),
  );
  const directory = await mkdtemp(join(tmpdir(), 'ddad-waves-'));
  afterAll(() => rm(directory, { recursive: true }));
  const path = join(directory, 'pixels.u8');
  await writeFile(path, pixels);
  return { pixels, directory, path };
}
