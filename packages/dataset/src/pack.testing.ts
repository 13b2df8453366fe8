import type { Fault } from '@ddad/contract';
import { type PackedDataset, type PackOptions, packDataset } from './pack.ts';

/** A folder that has no fault, packed. */
export async function packed(folder: string, options: PackOptions = {}): Promise<PackedDataset> {
  const result = await packDataset(folder, options);
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return result;
}

/** What keeps a folder from being packed. */
export async function packFaults(folder: string, options: PackOptions = {}): Promise<Fault[]> {
  const result = await packDataset(folder, options);
  if (!('faults' in result)) throw new Error('expected faults, got a packed dataset');
  return result.faults;
}
