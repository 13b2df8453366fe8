import type { Logger } from '@ddad/platform';
import {
  clockRefused,
  createS3Store,
  type ObjectStore,
  openFitStore,
  openServiceStore,
  type S3Config,
  StoreError,
} from '@ddad/storage';
import type { HealthCheck } from './health/health-check.ts';
import { storeCheck } from './health/store-check.ts';

/** A worker's store. */
export interface WorkerStore {
  store: ObjectStore;
  /** Whether it is known to keep its promises. */
  check: HealthCheck;
}

/**
 * Opens a worker's store. One that refuses this machine's clock is opened all the same: a worker announces itself as unfit then,
 * with the reason, where everybody sees it, and takes jobs once the clock is right and the store was tried.
 * @throws UnfitStore with the reason; StoreError where the store is away for long
 */
export async function openWorkerStore(config: S3Config, logger: Logger): Promise<WorkerStore> {
  const prove = () => openFitStore(config, { patienceMs: 0 });
  try {
    return { store: await openServiceStore(config, logger), check: storeCheck(prove, true) };
  } catch (err) {
    if (!(err instanceof StoreError) || err.code !== clockRefused) throw err;
    logger.warn({ err }, 'the object store refuses the clock of this machine');
    return { store: createS3Store(config), check: storeCheck(prove, false) };
  }
}
