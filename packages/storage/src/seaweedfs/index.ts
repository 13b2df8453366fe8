/** How a SeaweedFS server is started, for who starts one: the local cluster, and tests. */
export * from './program.ts';
export * from './self-signed.ts';
export * from './users.ts';
