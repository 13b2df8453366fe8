import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJpeg2000 } from './codecs.ts';
import { jpeg2000Head } from './coded-frame.ts';
import { decodeNatively } from './openjpeg-addon.ts';

// Decodes damaged forms of the codestreams in folder argv[2], argv[3] of each, natively and in WebAssembly, in a process of its
// own: what damages this one is seen by its exit. Prints how often both gave an image, and how often they gave another one.

const [folder, rounds] = [process.argv[2]!, Number(process.argv[3])];

// A linear congruential generator: failures must come again.
let state = 17;
const next = (below: number) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};

/** Cut off, bits turned round, bytes overwritten; as often in the headers as in what follows. */
function damaged(whole: Uint8Array, round: number): Uint8Array {
  if (round % 4 === 0) return whole.slice(0, 43 + next(whole.length - 43));
  const bytes = whole.slice();
  const place = () => 2 + next(round % 2 === 0 ? bytes.length - 2 : Math.min(120, bytes.length - 2));
  for (let changes = 1 + next(4); changes > 0; changes--) {
    if (round % 4 === 3) bytes[place()] = next(256);
    else bytes[place()]! ^= 1 << next(8);
  }
  return bytes;
}

const outcomes = { images: 0, left: 0, differ: [] as string[] };
for (const name of readdirSync(folder).filter((one) => one.endsWith('.j2k'))) {
  const whole = new Uint8Array(readFileSync(join(folder, name)));
  const shape = jpeg2000Head(whole)!;
  for (let round = 0; round < rounds; round++) {
    const bytes = damaged(whole, round);
    const natively = decodeNatively(bytes, shape);
    if (natively === null) {
      outcomes.left += 1;
      continue;
    }
    outcomes.images += 1;
    const inWasm = await decodeJpeg2000(bytes).catch(() => null);
    if (inWasm === null || Buffer.compare(natively, inWasm.bytes) !== 0) {
      outcomes.differ.push(`${name}, round ${round}: ${inWasm === null ? 'no image' : 'another image'}`);
    }
  }
}
console.log(JSON.stringify({ ...outcomes, peakMiB: process.resourceUsage().maxRSS / 1024 }));
