import type { Room } from './decode-file.ts';

/** Bytes that decoders of all threads take together. A single image may take more, alone. */
const allRoom = 2 ** 28 + 2 ** 27;
/** Counted in units that an Int32Array can hold. */
const unit = 2 ** 16;

/** What all threads share to know how much room there is. */
export function sharedRoom(): Int32Array<SharedArrayBuffer> {
  const left = new Int32Array(new SharedArrayBuffer(4));
  left[0] = allRoom / unit;
  return left;
}

/** Room in memory among the threads that share `left`; asking blocks the thread. */
export function roomAmong(left: Int32Array<SharedArrayBuffer>): Room {
  return (bytes) => {
    const wanted = Math.min(allRoom / unit, Math.max(1, Math.ceil(bytes / unit)));
    for (;;) {
      const there = Atomics.load(left, 0);
      if (there < wanted) Atomics.wait(left, 0, there);
      else if (Atomics.compareExchange(left, 0, there, there - wanted) === there) break;
    }
    return () => {
      Atomics.add(left, 0, wanted);
      Atomics.notify(left, 0);
    };
  };
}
