/** The process of `exportInProcess`. It has no access to the store: its parent reads for it. */
import { loadMethods } from '@ddad/methods';
import { exportRun } from '@ddad/onnx/run';
import { AskedStore } from './asked-store.ts';
import type { ExportOrder, FromExport, ToExport } from './messages.ts';

const say = (message: FromExport) =>
  new Promise<void>((said) => process.send?.(message, undefined, {}, () => said()));
const store = new AskedStore((wanted) => void say(wanted));

// Both may reach the whole process group (Ctrl-C, a service manager); the parent decides what becomes of the export.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(1));
// A parent that died while this process loaded is not heard of any more.
if (!process.connected) process.exit(1);

process.on('message', (message) => {
  const told = message as ToExport;
  if (told.type !== 'start') return store.answered(told);
  void outcomeOf(told)
    .then(say)
    .then(() => process.exit());
});

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
