import type { Method } from '@ddad/contract';
import type { Backbone } from '../ddad/settings.ts';
import type { MethodEntry } from '../registry.ts';
import { reconstructionMethod } from './method.ts';
import { usage } from './usage.ts';

const titles: Record<Backbone, string> = {
  ae: 'Autoencoder: reconstruction error',
  aeu: 'AE-U: reconstruction error over predicted variance',
  memae: 'MemAE: reconstruction error of a memory-augmented autoencoder',
};

const entryOf = (backbone: Backbone): MethodEntry => ({
  method: reconstructionMethod(backbone, { name: backbone, title: titles[backbone] }) as unknown as Method,
  // All that it makes is of that method's kinds.
  makers: async () => (await import('../ddad/makers.ts')).makers,
  onnx: async () => (await import('./onnx.ts')).onnxOf(backbone),
  // The paper's AE is one network.
  comparedAs: () => [{ row: backbone, score: 'rec' }],
  usage,
});

/** The reconstruction networks of DDAD as methods of their own. */
export const entries: MethodEntry[] = [entryOf('ae'), entryOf('aeu'), entryOf('memae')];
