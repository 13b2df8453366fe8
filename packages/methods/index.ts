import { entry as cutpaste } from './cutpaste/entry.ts';
import { entry as cutpasteEndToEnd } from './cutpaste-e2e/entry.ts';
import { entry as ddad } from './ddad/entry.ts';
import { entry as draem } from './draem/entry.ts';
import { entry as fanogan } from './fanogan/entry.ts';
import { entry as fpi } from './fpi/entry.ts';
import { entry as ganomaly } from './ganomaly/entry.ts';
import { entry as igd } from './igd/entry.ts';
import { entry as nsa } from './nsa/entry.ts';
import { entry as pii } from './pii/entry.ts';
import { entries as reconstruction } from './reconstruction/entries.ts';
import { type MethodEntry, MethodRegistry } from './registry.ts';

export { comparisonTables } from './comparison/comparison-table.ts';
export type { CellSpread, ExperimentTable, TableCell, TableContent, TabledRun } from './experiment-table.ts';
export type { Maker, Makers } from './maker.ts';
export { bySeeds, type SeedGroup, type SpreadOverSeeds, spreadOverSeeds } from './over-seeds.ts';
export { type MethodEntry, MethodRegistry } from './registry.ts';

/** The methods that ship: a line each. */
const shipped: MethodEntry[] = [
  ddad,
  ...reconstruction,
  ganomaly,
  cutpaste,
  cutpasteEndToEnd,
  fpi,
  pii,
  nsa,
  fanogan,
  draem,
  igd,
];

export const methods = new MethodRegistry(shipped);

/**
 * The methods that ship, and others.
 * @param further modules, by path or URL, each of which exports a `MethodEntry` as `entry`
 * @throws where a module has none, or a name is taken
 */
export async function loadMethods(further: readonly string[]): Promise<MethodRegistry> {
  if (further.length === 0) return methods;
  const entries = [...shipped];
  for (const path of further) {
    const module = (await import(path)) as { entry?: MethodEntry };
    if (module.entry === undefined)
      throw new TypeError(`${path}: expected an export "entry", a method, got none`);
    entries.push(module.entry);
  }
  return new MethodRegistry(entries);
}
