/** Bytes that decoders of all threads take together. A single image may take more, alone. */
export const allRoom = 2 ** 28 + 2 ** 27;
/** Counted in units that an Int32Array can hold. */
const unit = 2 ** 16;

/**
 * Room in memory, asked for before it is needed; asking waits until there is as much. Nobody may hold some and ask for more: two who
 * do, each waiting for the other's, wait for ever.
 */
export type Room = (bytes: number) => HeldRoom;

/** What was given of it. */
export interface HeldRoom {
  /**
   * Makes it more where that is there at once, or less.
   * @returns whether it was; else it stays as it is
   */
  resize(bytes: number): boolean;
  /** Gives all of it back. */
  release(): void;
}

/** For who is alone: one file after another. */
export const roomAlone: Room = () => ({ resize: () => true, release() {} });

/** What all threads share to know how much room there is. */
export function sharedRoom(): Int32Array<SharedArrayBuffer> {
  const left = new Int32Array(new SharedArrayBuffer(4));
  left[0] = allRoom / unit;
  return left;
}

/** Room in memory among the threads that share `left`; asking blocks the thread. */
export function roomAmong(left: Int32Array<SharedArrayBuffer>): Room {
  const unitsOf = (bytes: number) => Math.min(allRoom / unit, Math.max(1, Math.ceil(bytes / unit)));
  /** @returns null where it was taken, else how much there was */
  const take = (units: number): number | null => {
    for (;;) {
      const there = Atomics.load(left, 0);
      if (there < units) return there;
      if (Atomics.compareExchange(left, 0, there, there - units) === there) return null;
    }
  };
  const give = (units: number) => {
    Atomics.add(left, 0, units);
    Atomics.notify(left, 0);
  };
  return (bytes) => {
    let held = unitsOf(bytes);
    for (let there = take(held); there !== null; there = take(held)) Atomics.wait(left, 0, there);
    return {
      resize(wantedBytes) {
        const wanted = unitsOf(wantedBytes);
        if (wanted > held && take(wanted - held) !== null) return false;
        if (wanted < held) give(held - wanted);
        held = wanted;
        return true;
      },
      release: () => give(held),
    };
  };
}
