/** Stores for tests, of other packages too. */

export * from './chosen-store.testing.ts';
export { recordFitness } from './fit-store.ts';
export * from './memory-store.testing.ts';
export * from './minio-server.testing.ts';
export { publishContent } from './publish-content.testing.ts';
export * from './seaweedfs-server.testing.ts';
export { freePort, type RunningStore } from './store-server.testing.ts';
