import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Model of the GPU that NVIDIA's driver shows; null where there is no driver.
 * @param directory where the driver lists them
 */
export function gpuModel(directory = '/proc/driver/nvidia/gpus'): string | null {
  return whereThere(() => {
    for (const gpu of readdirSync(directory)) {
      const model = /^Model:\s*(.+)$/m.exec(readFileSync(join(directory, gpu, 'information'), 'utf8'));
      if (model !== null) return model[1]!.trim();
    }
    return null;
  });
}

/**
 * Version of NVIDIA's driver, which brings CUDA's compiler; null where there is no driver.
 * @param file where the driver tells it
 */
export function gpuDriver(file = '/proc/driver/nvidia/version'): string | null {
  return whereThere(
    () => /^NVRM version:.*?\b(\d+(?:\.\d+)+)\b/m.exec(readFileSync(file, 'utf8'))?.[1] ?? null,
  );
}

/** Without a driver, the usual case on a laptop, there are no such files. */
function whereThere(read: () => string | null): string | null {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return null;
  }
}
