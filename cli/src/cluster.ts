import { join } from 'node:path';
import { describeFaults } from '@ddad/contract';
import {
  ConfigError,
  environmentOf,
  natsShape,
  readConfig,
  storeShape,
  temporalAccess,
  temporalShape,
} from '@ddad/platform/settings';
import { z } from 'zod';
import { CommandFailure } from './failure.ts';
import { findHome, readClusterEnv } from './local-home.ts';
import type { TemporalPlace } from './temporal-runs.ts';

/** A process's environment as a value. */
export type Environment = Record<string, string | undefined>;

/** Where a command runs. */
export interface Place {
  environment: Environment;
  cwd: string;
  /** Root of the checkout that the command lies in. */
  checkout: string;
}

/** Which cluster a command talks to. */
export interface Cluster {
  /** Home of the local cluster; it need not exist where the environment names another cluster. */
  home: string;
  /** The environment, over what the local cluster's file says. */
  environment: Environment;
  /** The same for a trainer: where the file has credentials of its own for one, those. */
  trainerEnvironment: Environment;
}

/** What commands need of a cluster, as shapes for `readSettings`. */
export const shapes = {
  temporal: { ...temporalShape, TEMPORAL_UI: z.url().optional() },
  nats: natsShape,
  store: storeShape,
  /** Where the coordinator's progress page can be opened from here. */
  page: { PAGE_URL: z.url().optional() },
};

/**
 * Brings the environment and the local cluster's file together. A variable that the environment sets, itself or as
 * `NAME_FILE`, wins over the file.
 */
export function findCluster(place: Place): Cluster {
  const home = findHome(place.environment.DDAD_HOME, place.cwd, place.checkout);
  const given = Object.entries(place.environment).filter(([, value]) => value !== undefined && value !== '');
  const set = new Set(given.map(([key]) => key));
  const over = (file: Environment): Environment => {
    const kept = Object.entries(file).filter(([key]) => !set.has(`${key}_FILE`));
    return { ...Object.fromEntries(kept), ...Object.fromEntries(given) };
  };
  const file = readClusterEnv(home);
  return { home, environment: over(file), trainerEnvironment: over(environmentOf('trainer', file)) };
}

/**
 * How to reach the parts of a cluster that a shape names.
 * @throws CommandFailure that lists everything that is missing or wrong
 */
export function readSettings<Shape extends z.ZodRawShape>(
  cluster: Cluster,
  shape: Shape,
): z.output<z.ZodObject<Shape>> {
  return orCommandFailure(cluster, () => readConfig(z.object(shape), cluster.environment));
}

/**
 * How to reach Temporal.
 * @throws CommandFailure that lists everything that is missing or wrong
 */
export function readTemporal(cluster: Cluster): TemporalPlace {
  const settings = readSettings(cluster, shapes.temporal);
  const access = orCommandFailure(cluster, () => temporalAccess(settings));
  return { ...access, namespace: settings.TEMPORAL_NAMESPACE };
}

function orCommandFailure<T>(cluster: Cluster, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandFailure(
      `no cluster: run "make up", or set the variables of another one:\n${indent(describeFaults(error.faults))}\n` +
        `(looked in the environment and in ${join(cluster.home, 'cluster.env')})`,
      undefined,
      { cause: error },
    );
  }
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
