import type { Samples } from './stored-values.ts';

/**
 * A JPEG file whose own marks say what its three samples are, so that no decoder has to guess: an Adobe marker with the colour
 * transform, and neither JFIF nor another Adobe marker.
 */
export function withColourSpace(file: Uint8Array, space: Samples['space']): Buffer {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const adobe = Buffer.from('\xff\xee\0\x0eAdobe\0\x64\0\0\0\0', 'latin1');
  const marker = Buffer.concat([adobe, Buffer.from([space === 'ybr' ? 1 : 0])]);
  const kept: Uint8Array[] = [file.subarray(0, 2), marker];
  let at = 2;
  while (at + 4 <= file.length) {
    const code = view.getUint16(at);
    // Fill bytes may stand before a marker.
    if (code === 0xffff) {
      at += 1;
      continue;
    }
    // Start of scan, or what is no marker: from here on the file stays as it is.
    if (code === 0xffda || code < 0xff01) break;
    const end = at + 2 + view.getUint16(at + 2);
    if (code !== 0xffe0 && code !== 0xffee) kept.push(file.subarray(at, end));
    at = end;
  }
  return Buffer.concat([...kept, file.subarray(at)]);
}
