import { expect, test } from 'vitest';
import { decodeForeignSafetensors } from './foreign.ts';

/** A file of one-dimensional tensors. @param tensors name to type and bytes, as a hexadecimal text */
function file(tensors: Record<string, [dtype: string, length: number, hex: string]>): Buffer {
  const header: Record<string, object> = {};
  const data: Buffer[] = [];
  let offset = 0;
  for (const [name, [dtype, length, hex]] of Object.entries(tensors)) {
    const bytes = Buffer.from(hex, 'hex');
    header[name] = { dtype, shape: [length], data_offsets: [offset, offset + bytes.length] };
    offset += bytes.length;
    data.push(bytes);
  }
  const json = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([size, json, ...data]);
}

test('floating-point numbers of every size become those of 32 bits; counts are left out, and named', () => {
  // Bytes as numpy 2 writes them: np.array([...], dtype).tobytes().hex(); bfloat16 by hand, the upper half of 32 bits.
  const { tensors, passedOver } = decodeForeignSafetensors(
    file({
      half: ['F16', 4, '003c' + '00c1' + '0100' + 'ff7b'],
      brain: ['BF16', 2, '803f' + '20c0'],
      single: ['F32', 2, '0000803f' + '000020c0'],
      double: ['F64', 1, '9a9999999999b93f'],
      'bn.num_batches_tracked': ['I64', 1, '0700000000000000'],
    }),
  );
  const values = Object.fromEntries(Array.from(tensors, ([name, { data }]) => [name, [...data]]));
  expect(values).toEqual({
    half: [1, -2.5, 2 ** -24, 65504],
    brain: [1, -2.5],
    single: [1, -2.5],
    double: [Math.fround(0.1)],
  });
  expect(tensors.get('half')!.shape).toEqual([4]);
  expect(passedOver).toEqual(['bn.num_batches_tracked']);
});

test('what is not finite, of no known type, or cut off is refused by name', () => {
  expect(() => decodeForeignSafetensors(file({ x: ['F16', 1, '007c'] }))).toThrow(
    'safetensors: x: expected finite values, got Infinity at 0',
  );
  expect(() => decodeForeignSafetensors(file({ x: ['F8_E4M3', 1, '00'] }))).toThrow(
    /^safetensors: x: expected dtype F64, F32, .*, got F8_E4M3$/,
  );
  expect(() => decodeForeignSafetensors(file({ x: ['F16', 3, '003c'] }))).toThrow(
    /^safetensors: x: expected 6 bytes for shape \[3\]/,
  );
});
