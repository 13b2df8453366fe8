/**
 * Numbers of a method's kinds of artifacts, recorded on an x86-64 processor; others round differently, hence the tolerances. Of two
 * steps: rounding grows about tenfold with each further one.
 *
 * If one of these fails and you changed numerics on purpose (initialisation, order, anomalies, loss, optimiser), raise the method's
 * recipe in its entry.ts and record anew: artifacts made before would otherwise pass for the new ones.
 */
import { readFile } from 'node:fs/promises';
import { tensorflowEnvironment } from '@ddad/compute/environment';
import { decodeSafetensors } from '@ddad/storage/safetensors';
import { describe, expect, test } from 'vitest';
import { methods } from '../index.ts';
import { inputOf, taskOf } from '../make-task.testing.ts';
import { undisturbed } from '../undisturbed.testing.ts';
import { side } from '../wave-images.testing.ts';
import type { OneStageDefinition } from './definition.ts';
import { shortTraining } from './one-stage.testing.ts';

const tolerances = { loss: 1e-3, runningMean: 5e-3, map: 1e-3 };

/** Loss of the last epoch, mean of a layer's running means, and mean of the maps. */
interface Recorded {
  loss: number;
  runningMean: number;
  map: number;
}

async function mean(file: string, name: string): Promise<number> {
  const values = decodeSafetensors(await readFile(file)).tensors.get(name)!.data;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Registers the tests of one method. */
export function proveRecordedNumbers(definition: OneStageDefinition, recorded: Recorded): void {
  describe(definition.name, async () => {
    // TensorFlow reads its settings when it loads.
    Object.assign(process.env, tensorflowEnvironment(1));
    const { makeMaps } = await import('./make-maps.ts');
    const { trainNetwork } = await import('./train-network.ts');

    test('its kinds have the numbers that were recorded', async () => {
      const { kinds, spec, shared, data, task } = await shortTraining(definition, {
        count: 8,
        batchSize: 4,
        epochs: 1,
      });
      const entry = methods.entry(definition.name)!;
      expect(entry.method.kinds.map(({ kind }) => kind)).toEqual([kinds.network.kind, kinds.maps.kind]);
      const trained = (await trainNetwork(definition, task, undisturbed))!;
      const network = inputOf(kinds.network.kind, spec, trained.files);
      const mapsSpec = { recipe: definition.recipes.maps, network: network.manifest.key, ...shared };
      const made = (await makeMaps(
        taskOf(kinds.maps, mapsSpec, { ...data, inputs: { network } }),
        undisturbed,
      ))!;
      const found: Recorded = {
        loss: trained.loss!,
        runningMean: await mean(trained.files.weights!, 'uplayer3.0.bn2.running_mean'),
        map: await mean(made.files.maps!, 'predicted'),
      };
      const others = Object.entries(found).flatMap(([name, value]) => {
        const figure = name as keyof Recorded;
        return Math.abs(value / recorded[figure] - 1) < tolerances[figure] ? [] : [`${name}: ${value}`];
      });
      expect(others).toEqual([]);
      const { tensors } = decodeSafetensors(await readFile(made.files.maps!));
      expect(tensors.get('predicted')!.shape).toEqual([8, side, side]);
      expect(await mean(made.files.scores!, 'predicted')).toBeCloseTo(found.map, 5);
    });
  });
}
