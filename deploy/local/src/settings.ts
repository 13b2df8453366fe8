import { readConfig } from '@ddad/platform';
import { z } from 'zod';
import type { Environment } from './services.ts';
import { storeNames } from './store-choice.ts';

const port = z.coerce
  .number('expected a port, 1 to 65535')
  .int('expected a port, 1 to 65535')
  .min(1, 'expected a port, 1 to 65535')
  .max(65_535, 'expected a port, 1 to 65535')
  .optional();

const schema = z.object({
  DDAD_HOME: z.string().optional(),
  TRAINERS: z.coerce
    .number('expected a number of trainers, 0 to 64')
    .int('expected a whole number of trainers')
    .min(0, 'expected 0 to 64 trainers')
    .max(64, 'expected 0 to 64 trainers')
    .optional(),
  STORE: z.enum(storeNames, `expected ${storeNames.join(' or ')}`).optional(),
  TEMPORAL_PORT: port,
  TEMPORAL_UI_PORT: port,
  NATS_PORT: port,
  /** The store's, whichever it is. */
  MINIO_PORT: port,
  PAGE_PORT: port,
});

/** Ports that the user asks for; unset ones are chosen. */
export type PortSettings = Pick<
  z.output<typeof schema>,
  'TEMPORAL_PORT' | 'TEMPORAL_UI_PORT' | 'NATS_PORT' | 'MINIO_PORT' | 'PAGE_PORT'
>;
export type LocalSettings = z.output<typeof schema>;

/** What the user may set of a local cluster. */
export function readSettings(environment: Environment): LocalSettings {
  return readConfig(schema, environment);
}
