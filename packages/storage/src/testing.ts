/** Stores for tests, of other packages too. */
export * from './memory-store.testing.ts';
export * from './minio-server.testing.ts';
