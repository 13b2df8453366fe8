import type { Makers } from '../maker.ts';
import { makeMaps } from './make-maps.ts';
import type { PlannedMethod } from './plan.ts';
import { trainNetwork } from './train-network.ts';

/** What makes a method's artifacts. Loads TensorFlow. */
export function oneStageMakers({ definition, kinds }: PlannedMethod): Makers {
  const makers: Makers = {
    [kinds.network.kind]: (task: Parameters<typeof trainNetwork>[1], context) =>
      trainNetwork(definition, task, context),
    [kinds.maps.kind]: makeMaps,
  };
  return makers;
}
