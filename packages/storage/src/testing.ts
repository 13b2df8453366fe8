/** Stores for tests, of other packages too. */
export { recordFitness } from './fit-store.ts';
export * from './memory-store.testing.ts';
export * from './minio-server.testing.ts';
