import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry of metrics that bear the service's name, with memory, CPU time and event loop lag of its process. */
export function serviceRegistry(service: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry, prefix: 'ddad_' });
  return registry;
}
