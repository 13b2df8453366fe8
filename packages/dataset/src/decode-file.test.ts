import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { decodeFile } from './decode-file.ts';
import { dicomFile } from './dicom/dicom-file.testing.ts';
import { type Room, roomAlone } from './memory-room.ts';
import type { Reading } from './open-image.ts';
import { scratchFolder } from './testing-pillow.ts';

const { dir, remove } = scratchFolder();
afterAll(remove);

const reading: Reading = { channels: 1, range: null, slices: null };
const dicom = dicomFile({ patient: '', name: '', columns: 2, values: [0, 1, 2, 3] });
function fileOf(name: string, content: Buffer): string {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
}

test('whatever a reader throws is a fault of every part of its file', async () => {
  const path = fileOf('one.dcm', dicom);
  const failing: Reading = {
    ...reading,
    get channels(): never {
      throw new TypeError('nobody foresaw this');
    },
  };
  const { parts } = await decodeFile({ path, parts: [1, 2], sizes: [8], reading: failing }, roomAlone);
  const fault = 'expected a whole image, reading it failed: TypeError';
  expect(parts).toEqual([{ fault }, { fault }]);
});

/** What is asked of room, in bytes; asking for more than `most` while some is held is refused. */
function countedRoom(most = Number.POSITIVE_INFINITY): { room: Room; asked: string[] } {
  const asked: string[] = [];
  const room: Room = (bytes) => {
    asked.push(`take ${bytes}`);
    let held = bytes;
    return {
      resize(wanted) {
        const there = wanted <= Math.max(held, most);
        asked.push(`resize ${wanted}${there ? '' : ': no'}`);
        if (there) held = wanted;
        return there;
      },
      release: () => asked.push('release'),
    };
  };
  return { room, asked };
}

const axial: Reading = { ...reading, slices: { axis: 'axial', every: 1, minForeground: 0 } };
/** A volume of 64 slices of 128×128 voxels of 8 bits, all zero but for one. */
function volumeFile(): Buffer {
  const file = Buffer.alloc(352 + 128 * 128 * 64);
  file.writeInt32LE(348, 0);
  for (const [at, value] of [3, 128, 128, 64].entries()) file.writeInt16LE(value, 40 + 2 * at);
  file.writeInt16LE(2, 70);
  file.writeFloatLE(352, 108);
  file.write('n+1\0', 344, 'latin1');
  file[352] = 9;
  return file;
}
const volume = volumeFile();

const deflatedSyntax = '1.2.840.10008.1.2.1.99';

test('room for a file is there before it is read', async () => {
  const path = fileOf('late.dcm', Buffer.alloc(dicom.length));
  const late: Room = (bytes) => {
    expect(bytes).toBe(dicom.length);
    writeFileSync(path, dicom);
    return roomAlone(bytes);
  };
  const { parts } = await decodeFile({ path, parts: [null], sizes: [8], reading }, late);
  expect(parts).toMatchObject([{ pictures: [{ part: null }] }]);
});

test('where more room is not there, none is kept: the file is read again once there is room for all', async () => {
  const path = fileOf('one.dcm', dicom);
  const job = { path, parts: [null], sizes: [8], reading };
  // 2x2 pixels take 64 bytes.
  const all = dicom.length + 64;
  const { room, asked } = countedRoom(all - 1);
  const outcome = await decodeFile(job, room);
  expect(asked).toEqual([
    `take ${dicom.length}`,
    `resize ${dicom.length}`,
    `resize ${all}: no`,
    'release',
    `take ${all}`,
    `resize ${all}`,
    `resize ${all}`,
    'release',
  ]);
  expect(outcome).toEqual(await decodeFile(job, roomAlone));
});

test('room for what a file unpacks to is there before that is done', async () => {
  const packed = gzipSync(volume);
  // Damaged from the first block on, which is of no kind: the fault comes from unpacking.
  packed[10]! |= 0x06;
  const several = Buffer.concat([packed, gzipSync('')]);
  const deflated = deflatedDicom(dicom);
  deflated[deflated.indexOf(deflatedSyntax) + deflatedSyntax.length]! |= 0x06;
  const mebibyte = 2 ** 20;
  for (const [name, file, opening] of [
    ['told.nii.gz', packed, volume.length],
    // Its last member says 0.
    ['several.nii.gz', several, 2 * mebibyte],
    ['deflated.dcm', deflated, 2 * mebibyte],
  ] as const) {
    const { room, asked } = countedRoom();
    const job = { path: fileOf(name, file), parts: [null], sizes: [8], reading: axial };
    expect((await decodeFile(job, room)).parts).toMatchObject([
      { fault: expect.stringMatching(/damaged or cut off/) },
    ]);
    expect(asked).toEqual([`take ${file.length}`, `resize ${file.length + opening}`, 'release']);
  }
});

test('what unpacks to more than most do is given the room that it may need at most', async () => {
  const packed = Buffer.concat([gzipSync(volume), gzipSync('')]);
  // Of a ratio that no picture has.
  expect(packed.length * 4).toBeLessThan(volume.length);
  const { room, asked } = countedRoom();
  const job = { path: fileOf('ratio.nii.gz', packed), parts: [null], sizes: [8], reading: axial };
  const { parts } = await decodeFile(job, room);
  expect(parts).toMatchObject([{ pictures: { length: 64 } }]);
  expect(asked).toEqual([
    `take ${packed.length}`,
    `resize ${packed.length + 2 * 2 ** 20}`,
    'release',
    `take ${packed.length + 2 * 2 ** 20}`,
    `resize ${packed.length + 2 * 1032 * packed.length}`,
    // And then what it did take.
    `resize ${packed.length + volume.length}`,
    'release',
  ]);
});

/** The same in Deflated Explicit VR Little Endian: all behind the meta information packed. */
function deflatedDicom(file: Buffer): Buffer {
  const syntax = Buffer.from('1.2.840.10008.1.2.1\0');
  const at = file.indexOf(syntax);
  const end = at + syntax.length;
  const meta = Buffer.concat([file.subarray(0, at), Buffer.from(deflatedSyntax)]);
  meta.writeUInt16LE(22, at - 2);
  return Buffer.concat([meta, deflateRawSync(file.subarray(end))]);
}

test('a deflated DICOM file is what it was', async () => {
  const job = (path: string) => ({ path, parts: [null], sizes: [8], reading });
  const plain = await decodeFile(job(fileOf('one.dcm', dicom)), roomAlone);
  const path = fileOf('packed.dcm', deflatedDicom(dicom));
  const { room, asked } = countedRoom();
  expect(await decodeFile(job(path), room)).toEqual(plain);
  const { length } = readFileSync(path);
  const set = dicom.length - dicom.indexOf('1.2.840.10008.1.2.1\0') - 20;
  expect(asked).toEqual([
    `take ${length}`,
    `resize ${length + 2 * 2 ** 20}`,
    `resize ${length + set + 64}`,
    'release',
  ]);
});
