import { allRoom } from './memory-room.ts';

/**
 * Room in memory for what is read before its turn: asked for before, given back after. Whose turn it is waits for none, and infinitely
 * many bytes are there only then.
 */
export type RoomAhead = (bytes: number) => Promise<() => void>;

export interface AheadLimits {
  /** Files at work at a time, the one whose turn it is among them. */
  files: number;
  /** Bytes that all files before their turn take together. */
  bytes: number;
}

/** As many files as decoders and disks are busy with. Memory as the threads of `decodeFiles` share it. */
const usual: AheadLimits = { files: 16, bytes: allRoom };

/**
 * What files give, one after another in their order. While one is gone over, the first that each of those behind it gives is
 * made already, as far as limits allow.
 * @param read what a file gives; it asks for room before it takes memory
 * @throws what reading a file throws, in its turn
 */
export async function* readAhead<F, T>(
  files: readonly F[],
  read: (file: F, room: RoomAhead) => AsyncGenerator<T>,
  limits: Partial<AheadLimits> = {},
): AsyncGenerator<T> {
  const { files: atWork, bytes } = { ...usual, ...limits };
  const room = new Room(bytes);
  const begun: { items: AsyncGenerator<T>; first: Promise<IteratorResult<T>> }[] = [];
  const begin = (turn: number) => {
    const items = read(files[turn]!, (bytes) => room.take(turn, bytes));
    const first = items.next();
    // Told in its turn, which may come later, or not at all.
    first.catch(() => {});
    begun.push({ items, first });
  };
  let next = 0;
  for (let turn = 0; turn < files.length; turn++) {
    room.pass(turn);
    while (next < Math.min(files.length, turn + atWork)) begin(next++);
    const { items, first } = begun.shift()!;
    for (let one = await first; one.done !== true; one = await items.next()) yield one.value;
  }
}

/** Two that hold some and wait for more could wait for ever, were it not for the one whose turn it is. */
class Room {
  #left: number;
  #turn = 0;
  #waiting: { turn: number; bytes: number; goOn: (giveBack: () => void) => void }[] = [];

  constructor(bytes: number) {
    this.#left = bytes;
  }

  take(turn: number, bytes: number): Promise<() => void> {
    return new Promise((goOn) => {
      this.#waiting.push({ turn, bytes, goOn });
      this.#serve();
    });
  }

  /** Says whose turn it is. */
  pass(turn: number): void {
    this.#turn = turn;
    this.#serve();
  }

  #serve(): void {
    this.#waiting = this.#waiting.filter(({ turn, bytes, goOn }) => {
      if (turn === this.#turn) goOn(() => {});
      else if (bytes <= this.#left) {
        this.#left -= bytes;
        goOn(() => {
          this.#left += bytes;
          this.#serve();
        });
      } else return true;
      return false;
    });
  }
}
