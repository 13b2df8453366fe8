import { expect, it } from 'vitest';
import { type AheadLimits, type RoomAhead, readAhead } from './read-ahead.ts';

/** A file of which tests decide when it goes on. */
class InventedFile {
  readonly name: string;
  readonly bytes: number;
  state: 'untouched' | 'waits for room' | 'at work' | 'done' = 'untouched';
  finish!: () => void;
  readonly #finished = new Promise<void>((resolve) => {
    this.finish = resolve;
  });

  constructor(name: string, bytes: number) {
    this.name = name;
    this.bytes = bytes;
  }

  /** Gives two items, the first one when it is told to. */
  async *read(room: RoomAhead): AsyncGenerator<string> {
    this.state = 'waits for room';
    const giveBack = await room(this.bytes);
    this.state = 'at work';
    await this.#finished;
    yield `${this.name} 1`;
    yield `${this.name} 2`;
    this.state = 'done';
    giveBack();
  }
}

const files = (...bytes: number[]) => bytes.map((some, i) => new InventedFile('abcdef'[i]!, some));
const ahead = (some: InventedFile[], limits: Partial<AheadLimits>) =>
  readAhead(some, (file, room) => file.read(room), limits);
const states = (some: InventedFile[]) => some.map(({ state }) => state);
/** Lets everything go on that waits for nothing else. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('gives all items in the order of the files, whichever is ready first', async () => {
  const some = files(1, 1, 1);
  const items = ahead(some, {});
  const first = items.next();
  for (const file of some.toReversed()) {
    file.finish();
    await settled();
  }
  const found = [(await first).value];
  for await (const item of items) found.push(item);
  expect(found).toEqual(['a 1', 'a 2', 'b 1', 'b 2', 'c 1', 'c 2']);
});

it('begins as many files as it may, and another one when one is done with', async () => {
  const some = files(1, 1, 1, 1);
  const items = ahead(some, { files: 2 });
  const first = items.next();
  await settled();
  expect(states(some)).toEqual(['at work', 'at work', 'untouched', 'untouched']);
  for (const file of some) file.finish();
  await first;
  await items.next();
  await settled();
  expect(states(some)).toEqual(['at work', 'at work', 'untouched', 'untouched']);
  expect((await items.next()).value).toBe('b 1');
  expect(states(some)).toEqual(['done', 'at work', 'at work', 'untouched']);
});

it('lets files wait for room but for the one whose turn it is, which takes none of it', async () => {
  const some = files(100, 6, 5, Number.POSITIVE_INFINITY);
  for (const file of some) file.finish();
  const items = ahead(some, { bytes: 10 });
  const next = async () => {
    const { value } = await items.next();
    await settled();
    return value;
  };
  expect(await next()).toBe('a 1');
  expect(states(some)).toEqual(['at work', 'at work', 'waits for room', 'waits for room']);
  expect(await next()).toBe('a 2');
  expect(await next()).toBe('b 1');
  expect(states(some)).toEqual(['done', 'at work', 'waits for room', 'waits for room']);
  expect(await next()).toBe('b 2');
  // What the second gives back is room for the third, in whose turn the fourth still waits.
  expect(await next()).toBe('c 1');
  expect(states(some)).toEqual(['done', 'done', 'at work', 'waits for room']);
  expect(await next()).toBe('c 2');
  expect(await next()).toBe('d 1');
});

it('gives room back to those that wait, before it is their turn', async () => {
  const some = files(1, 8, 8);
  const held: (() => void)[] = [];
  async function* read(file: InventedFile, room: RoomAhead) {
    file.state = 'waits for room';
    held.push(await room(file.bytes));
    file.state = 'at work';
    yield file.name;
  }
  const items = readAhead(some, read, { bytes: 10 });
  await items.next();
  await settled();
  expect(states(some)).toEqual(['at work', 'at work', 'waits for room']);
  held.at(-1)!();
  await settled();
  expect(states(some)).toEqual(['at work', 'at work', 'at work']);
});

it('tells what was wrong with a file in its turn', async () => {
  async function* read(name: string) {
    if (name === 'b') throw new Error('b is broken');
    yield name;
  }
  const items = readAhead(['a', 'b'], read);
  expect((await items.next()).value).toBe('a');
  await settled();
  await expect(items.next()).rejects.toThrow('b is broken');
});
