// For those who import them from here still.
export { type ArtifactKind, artifactKey, canonicalJson, seedOf as memberSeed } from '@ddad/contract';
export * from './artifact-objects.ts';
export * from './checkpoints.ts';
export * from './clock-difference.ts';
export * from './dataset-cache.ts';
export * from './datasets.ts';
export * from './fit-store.ts';
export * from './intact-manifests.ts';
export * from './left-overs.ts';
export * from './local-fault.ts';
export * from './manifests.ts';
export * from './object-store.ts';
export * from './reads-what-it-wrote.ts';
export * from './s3-store.ts';
export * from './safetensors/index.ts';
export * from './store-promises.ts';
export * from './store-time.ts';
export * from './stored-json.ts';
