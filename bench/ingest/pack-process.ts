import { writeFile } from 'node:fs/promises';
import { packDataset } from '@ddad/dataset';

// Packs a folder as `dataset add` does: argv[2] the folder, argv[3] where the pixels go. Prints a JSON line.

const [folder, out] = process.argv.slice(2) as [string, string];
const began = performance.now();
const packed = await packDataset(folder);
const seconds = (performance.now() - began) / 1000;
if ('faults' in packed) throw new Error(JSON.stringify(packed.faults.slice(0, 3)));
await writeFile(out, packed.pixels);
// Of all threads; in KiB.
console.log(JSON.stringify({ seconds, peakMiB: process.resourceUsage().maxRSS / 1024 }));
