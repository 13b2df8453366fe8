import { describeFaults } from '@ddad/contract';
import { loadMethods, type MethodRegistry } from '@ddad/methods';
import { ConfigError, methodsShape, readConfig } from '@ddad/platform/settings';
import { z } from 'zod';
import { findCluster, type Place } from '../cluster.ts';
import { CommandFailure } from '../failure.ts';

/**
 * The methods that ship, and those that the cluster's services were given (setting METHODS).
 * @throws CommandFailure where one of them cannot be loaded
 */
export async function methodsFor(place: Place): Promise<MethodRegistry> {
  try {
    const { METHODS: modules } = readConfig(z.object(methodsShape), findCluster(place).environment);
    return await loadMethods(modules);
  } catch (cause) {
    const reason = cause instanceof ConfigError ? describeFaults(cause.faults) : String(cause);
    throw new CommandFailure(`the methods could not be loaded: ${reason}`, undefined, { cause });
  }
}
