export * from './canonical-json.ts';
export * from './checkpoints.ts';
export * from './datasets.ts';
export * from './keys.ts';
export * from './manifests.ts';
export * from './object-store.ts';
export * from './s3-store.ts';
export * from './safetensors.ts';
