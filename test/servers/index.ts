export { bareEnvironment } from './bare-environment.ts';
export { onFreePorts } from './on-free-ports.ts';
export { startTestServers, type TestServers } from './test-servers.ts';
export { startService, type TestService } from './test-service.ts';
