export { bareEnvironment } from './bare-environment.ts';
export { startTestServers, type TestServers } from './test-servers.ts';
export { startService, type TestService } from './test-service.ts';
