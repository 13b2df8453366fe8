import { writeFile } from 'node:fs/promises';
import { packDataset } from '@ddad/dataset';

// Packs a folder as `dataset add` does: argv[2] the folder, argv[3] where the pixels go. Prints a JSON line.

const [folder, out] = process.argv.slice(2) as [string, string];
const began = performance.now();
const packed = await packDataset(folder);
const seconds = (performance.now() - began) / 1000;
if ('faults' in packed) throw new Error(JSON.stringify(packed.faults.slice(0, 3)));
await writeFile(out, packed.pixels);
// Of all threads, from the start of the process; in microseconds and KiB.
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
const processorSeconds = (userCPUTime + systemCPUTime) / 1e6;
console.log(JSON.stringify({ seconds, processorSeconds, peakMiB: maxRSS / 1024 }));
