import { commonFields, type KindDefinition, type Method } from '@ddad/contract';
import { z } from 'zod';
import type { MethodEntry } from './registry.ts';

const spec = z.strictObject({ loss: z.number() });

const kind = (name: string): KindDefinition => ({
  kind: name,
  pool: 'train',
  schema: spec,
  needs: () => ({}),
  reads: {},
});

const method: Method = {
  name: 'small',
  title: 'Small',
  schema: z.strictObject(commonFields) as unknown as Method['schema'],
  kinds: [kind('trained-small'), kind('trained-forgotten')],
  usesUnlabeled: false,
  scores: () => [],
  facts: () => ({}),
  describe: () => '',
  plan: () => ({ stages: [], nodes: [], groups: {}, artifacts: [] }),
};

/** As a module of a further method has it: a maker that hands on its specification, and one that is missing. */
export const entry: MethodEntry = {
  method,
  makers: async () => ({
    'trained-small': async (task: { spec: z.infer<typeof spec> }) => ({
      files: {},
      loss: task.spec.loss,
      seconds: 1,
      environment: {},
    }),
  }),
};
