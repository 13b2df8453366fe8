import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './codec.ts';

const tensors = new Map<string, NamedTensor>([
  ['b.weight', { shape: [2, 1], data: Float32Array.of(1, -2.5) }],
  ['a', { shape: [], data: Float32Array.of(0.1) }],
  ['empty', { shape: [0, 3], data: new Float32Array(0) }],
]);

/** A file with this header, unpadded, and this many zero bytes of data. */
function file(header: unknown, dataBytes: number): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

describe('encoding', () => {
  test('gives back tensors and metadata', () => {
    const decoded = decodeSafetensors(encodeSafetensors(tensors, { epoch: '7' }));
    expect(decoded.metadata).toEqual({ epoch: '7' });
    expect(new Map(decoded.tensors)).toEqual(tensors);
  });

  test('writes the bytes that the format demands', () => {
    const bytes = encodeSafetensors(new Map([['x', { shape: [1], data: Float32Array.of(1) }]]));
    const header = '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    // 54 characters padded to 56 = 0x38; 1.0 is 0x3f800000 with its low byte first.
    expect(header.length).toBe(54);
    expect(bytes).toEqual(
      Buffer.concat([
        Buffer.from([0x38, 0, 0, 0, 0, 0, 0, 0]),
        Buffer.from(`${header}  `),
        Buffer.from([0, 0, 0x80, 0x3f]),
      ]),
    );
  });

  test('gives equal bytes for equal tensors in another order', () => {
    const reversed = new Map([...tensors].reverse());
    expect(encodeSafetensors(reversed, { b: '2', a: '1' })).toEqual(
      encodeSafetensors(tensors, { a: '1', b: '2' }),
    );
  });

  test('starts the data at a multiple of 8', () => {
    for (let length = 1; length <= 9; length += 1) {
      const one = new Map([['n'.repeat(length), { shape: [1], data: Float32Array.of(1) }]]);
      expect((encodeSafetensors(one).length - 4) % 8).toBe(0);
    }
  });

  test('takes only the part of a buffer that a tensor covers', () => {
    const view = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const decoded = decodeSafetensors(encodeSafetensors(new Map([['x', { shape: [2], data: view }]])));
    expect([...decoded.tensors.get('x')!.data]).toEqual([1, 2]);
  });

  test('refuses a shape that does not fit the data', () => {
    const wrong = new Map([['x', { shape: [2, 2], data: Float32Array.of(1) }]]);
    expect(() => encodeSafetensors(wrong)).toThrow('x: expected 4 values for shape [2, 2], got 1');
  });
});

describe('decoding', () => {
  test('reads a file that the reference implementation wrote', () => {
    // Python safetensors 0.8.0: save({'w': np.array([[1.5, -2]], 'f4')}, metadata={'by': 'python'}).hex()
    const reference = Buffer.from(
      '58000000000000007b225f5f6d657461646174615f5f223a7b226279223a22707974686f6e227d2c2277223a7b226474797065223a22463332222c227368617065223a5b312c325d2c22646174615f6f666673657473223a5b302c385d7d7d200000c03f000000c0',
      'hex',
    );
    const decoded = decodeSafetensors(reference);
    expect(decoded.metadata).toEqual({ by: 'python' });
    expect(decoded.tensors).toEqual(new Map([['w', { shape: [1, 2], data: Float32Array.of(1.5, -2) }]]));
  });

  test('reads a file at any place in memory', () => {
    const shifted = Buffer.concat([Buffer.from('x'), encodeSafetensors(tensors)]).subarray(1);
    expect(new Map(decodeSafetensors(shifted).tensors)).toEqual(tensors);
  });

  const f32 = (shape: unknown, offsets: unknown) => ({ dtype: 'F32', shape, data_offsets: offsets });
  test.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'expected at least 8 bytes, got 0'],
    [
      'a header beyond the file',
      file('{}', 0).fill(99, 0, 1),
      'expected at most 2 bytes, got a length of 99',
    ],
    ['an absurd header length', Buffer.alloc(16, 0xff), 'got a length of 18446744073709551615'],
    ['a header that is no JSON', file('{"x', 0), 'header: expected JSON in UTF-8'],
    ['a header that is no object', file('[]', 0), 'header: expected a JSON object'],
    ['another type', file({ x: { ...f32([1], [0, 8]), dtype: 'I64' } }, 8), 'x: expected dtype F32, got I64'],
    ['a negative side', file({ x: f32([-1], [0, 4]) }, 4), 'x: expected a shape of whole numbers, got [-1]'],
    ['one offset', file({ x: f32([1], [0]) }, 4), 'x: expected data_offsets [begin, end], got [0]'],
    ['offsets of another size', file({ x: f32([2], [0, 4]) }, 4), 'x: expected 8 bytes for shape [2]'],
    ['offsets backwards', file({ x: f32([1], [4, 0]) }, 4), 'x: expected 4 bytes for shape [1]'],
    [
      'data beyond the file',
      file({ x: f32([2], [0, 8]) }, 4),
      'x: expected data within 4 bytes, got an end of 8',
    ],
    ['data after the last tensor', file({ x: f32([1], [0, 4]) }, 5), 'expected 4 bytes of data, got 5'],
    [
      'a hole',
      file({ x: f32([1], [0, 4]), y: f32([1], [8, 12]) }, 12),
      'y: expected data from offset 4, got 8',
    ],
    [
      'an overlap',
      file({ x: f32([1], [0, 4]), y: f32([1], [0, 4]) }, 4),
      'y: expected data from offset 4, got 0',
    ],
    ['metadata that is no text', file({ __metadata__: { n: 1 } }, 0), '__metadata__.n: expected a string'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });
});
