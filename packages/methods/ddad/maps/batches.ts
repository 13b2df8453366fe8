/**
 * Runs a step of fixed batch size over any number of items; the last batch is filled up and its surplus dropped.
 * @param run gives, for a batch of items from `start` on, results by name, items first; null to stop
 * @returns the results of all items, by name; null where it was stopped
 */
export async function inBatches(
  items: number,
  batchSize: number,
  run: (start: number) => Promise<Record<string, Float32Array> | null>,
): Promise<Map<string, Float32Array> | null> {
  const all = new Map<string, Float32Array>();
  for (let start = 0; start < items; start += batchSize) {
    const count = Math.min(batchSize, items - start);
    const found = await run(start);
    if (found === null) return null;
    for (const [name, values] of Object.entries(found)) {
      const width = values.length / batchSize;
      let target = all.get(name);
      if (target === undefined) {
        target = new Float32Array(items * width);
        all.set(name, target);
      }
      target.set(values.subarray(0, count * width), start * width);
    }
  }
  return all;
}
