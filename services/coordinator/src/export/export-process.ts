/** The process of `exportInProcess`. It has no access to the store: its parent reads for it. */
import { loadMethods } from '@ddad/methods';
import { exportRun } from '@ddad/onnx/run';
import { attachToParent } from '@ddad/platform/forked-child';
import { AskedStore } from './asked-store.ts';
import type { ExportOrder, FromExport, ToExport } from './messages.ts';

const say = attachToParent<ToExport, FromExport>((told) => {
  if (told.type !== 'start') return store.answered(told);
  void outcomeOf(told)
    .then(say)
    .then(() => process.exit());
});
const store = new AskedStore((wanted) => void say(wanted));

async function outcomeOf({ result, methods, file }: ExportOrder): Promise<FromExport> {
  try {
    const load = (await loadMethods(methods)).entry(result.method)?.onnx;
    if (load === undefined) throw new RangeError(`method ${result.method} has no export to ONNX`);
    const { files } = await exportRun(store, await load(), result, file);
    return { type: 'finished', files };
  } catch (error) {
    return { type: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
