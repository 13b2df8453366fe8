import { open } from 'node:fs/promises';
import { encodeHeader } from './layout.ts';

/**
 * A file of zeros that takes no room on disk, however long it is.
 * @param values to put in, by tensor and position
 */
export async function writeSparse(
  path: string,
  shapes: Record<string, number[]>,
  values: readonly (readonly [tensor: string, position: number, value: number])[],
): Promise<void> {
  const { header, places } = encodeHeader(Object.entries(shapes));
  const file = await open(path, 'w');
  try {
    await file.write(header, 0, header.length, 0);
    for (const [name, position, value] of values) {
      const bytes = new Uint8Array(Float32Array.of(value).buffer);
      await file.write(bytes, 0, 4, places.get(name)!.begin + position * 4);
    }
    await file.truncate([...places.values()].reduce((sum, { bytes }) => sum + bytes, header.length));
  } finally {
    await file.close();
  }
}
