import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Connections } from './connections.ts';
import type { Invocation } from './invocation.ts';
import { documented } from './json-option.ts';

/** `ddad weights add`, `list` and `remove`. */
export function addWeightsCommands(
  program: Command,
  { screens: all, cwd }: Invocation,
  { store }: Connections,
): void {
  const weights = program.command('weights').description('Pretrained weights that runs may begin with.');

  const add = weights
    .command('add')
    .description(
      'Stores pretrained weights under a name for the field "pretrained" of a run. The file is a safetensors file with the names ' +
        "and layouts of PyTorch; one of torch.save is refused, with how to convert it. Nothing is ever downloaded. The run's " +
        'method holds every tensor against its network before anything is trained.',
    )
    .argument('<name>', 'name for the weights: a-z, 0-9, ".", "_", "-"; one that exists is replaced')
    .argument('<file>', 'safetensors file')
    .addHelpText('after', '\nExample:\n  $ npx ddad weights add resnet18-imagenet resnet18.safetensors');
  documented(add, all, async (screens, name: string, file: string) => {
    const { addWeights } = await import('../commands/weights.ts');
    return addWeights({ store: await store(), screens }, { name, file: resolve(cwd, file) });
  });

  documented(weights.command('list').description('Lists the weights.'), all, async (screens) => {
    const { listWeightsCommand } = await import('../commands/weights.ts');
    return listWeightsCommand({ store: await store(), screens });
  });

  const remove = weights
    .command('remove')
    .description(
      'Takes a name of weights away. The weights stay while a run under way may need them; "ddad prune --artifacts" removes ' +
        'those that have no name.',
    )
    .argument('<name>', 'as "ddad weights list" lists it');
  documented(remove, all, async (screens, name: string) => {
    const { removeWeightsCommand } = await import('../commands/weights.ts');
    return removeWeightsCommand({ store: await store(), screens }, name);
  });
}
