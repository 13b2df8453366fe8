import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { memoryStore } from '@ddad/storage/testing';
import { expect, it } from 'vitest';
import { storePlace, withFetchedFolder } from './fetched-folder.ts';

it('understands places in a store, and leaves paths alone', () => {
  expect(storePlace('s3://scans/incoming/brain/')).toEqual({ bucket: 'scans', prefix: 'incoming/brain/' });
  expect(storePlace('s3://scans')).toEqual({ bucket: 'scans', prefix: '' });
  expect(storePlace('/data/brain')).toBeNull();
  expect(() => storePlace('s3:///brain')).toThrow('expected s3://bucket/prefix, got "s3:///brain"');
});

it('fetches what lies below a prefix, keeping its paths, and leaves nothing behind', async () => {
  const store = memoryStore();
  await store.put('in/brain/data.json', '{}');
  await store.put('in/brain/images/a.png', 'A');
  await store.put('in/brain/images/', '');
  await store.put('in/brain-2/data.json', 'another');
  const where = await withFetchedFolder({ store, prefix: 'in/brain/' }, async (directory) => {
    expect(readFileSync(join(directory, 'data.json'), 'utf8')).toBe('{}');
    expect(readFileSync(join(directory, 'images/a.png'), 'utf8')).toBe('A');
    return directory;
  });
  expect(existsSync(where)).toBe(false);
});

it('refuses a prefix without objects, and names that lead elsewhere', async () => {
  const store = memoryStore();
  const never = () => expect.fail('nothing may be used');
  await expect(withFetchedFolder({ store, prefix: 'in/' }, never)).rejects.toThrow('found none');
  await store.put('in/../../etc/passwd', '');
  await store.put('in/data.json', '{}');
  await expect(withFetchedFolder({ store, prefix: 'in/' }, never)).rejects.toThrow(
    '../../etc/passwd: expected',
  );
});
