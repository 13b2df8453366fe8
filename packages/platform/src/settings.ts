// What says where servers are and who we are to them; without a client, which takes time to load.
export * from './accounts.ts';
export * from './config.ts';
export * from './config-shapes.ts';
export * from './connection-settings.ts';
export * from './host-list.ts';
export * from './proxy.ts';
export * from './temporal-access.ts';
