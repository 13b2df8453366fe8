import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

const nvidiaDirectory = '/proc/driver/nvidia/gpus';

/** Model of the GPU that the driver shows, or of the processor; for people. */
export function deviceName(): string {
  try {
    for (const gpu of readdirSync(nvidiaDirectory)) {
      const model = /^Model:\s*(.+)$/m.exec(readFileSync(join(nvidiaDirectory, gpu, 'information'), 'utf8'));
      if (model !== null) return model[1]!.trim();
    }
  } catch (error) {
    // No driver: the usual case on a laptop.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return cpus()[0]?.model.trim() ?? 'unknown processor';
}
