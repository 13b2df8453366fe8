import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jobMetrics } from '@ddad/jobs';
import { serviceRegistry } from '@ddad/platform';
import { parser } from '@prometheus-io/lezer-promql';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { coordinatorMetrics } from '../../services/coordinator/src/coordinator-metrics.ts';
import { Dispatcher } from '../../services/coordinator/src/dispatcher.ts';

/** Names, and of each its labels with all values where they are fixed. */
async function exported(): Promise<Set<string>> {
  const coordinator = serviceRegistry('coordinator');
  const link = { run: () => Promise.reject(new Error('no worker')), stop: async () => {} };
  const dispatcher = new Dispatcher<string>({ link, nextAttempt: () => 1 });
  coordinatorMetrics(coordinator, { trainers: dispatcher, scorers: dispatcher });
  const worker = serviceRegistry('trainer');
  jobMetrics(worker);
  const metrics = [...(await coordinator.getMetricsAsJSON()), ...(await worker.getMetricsAsJSON())];
  dispatcher.close();
  return new Set(
    metrics.flatMap(({ name, type }) =>
      String(type) === 'histogram' ? ['_bucket', '_count', '_sum'].map((end) => name + end) : [name],
    ),
  );
}

/** Metrics that an expression reads. @throws Error where Prometheus could not parse it */
function metricsIn(expression: string): string[] {
  const names: string[] = [];
  parser.parse(expression).iterate({
    enter({ type, name, from, to, node }) {
      if (type.isError) throw new Error(`${expression}: not PromQL at character ${from}`);
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector')
        names.push(expression.slice(from, to));
    },
  });
  return names;
}

const read = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8');

const { groups } = parse(read('alerts.yaml')) as {
  groups: { rules: { alert: string; expr: string; for?: string; annotations: Record<string, string> }[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read('dashboard.json')) as {
  panels: { title: string; targets: { expr: string }[] }[];
};

/** As Grafana fills them in. */
const withoutVariables = (text: string) => text.replace(/\$__(range|rate_interval)/g, '5m');
const expressions = [
  ...rules.map(({ alert, expr }) => ({ of: alert, expr })),
  ...dashboard.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ of: title, expr: withoutVariables(expr) })),
  ),
];

it('reads no expression that is none', () => {
  expect(metricsIn('sum(rate(a_b{c="d"}[5m])) > 0 unless absent(e)')).toEqual(['a_b', 'e']);
  for (const wrong of ['sum(a', 'sum(a))', 'a{b=c}', 'a >', 'a $b'])
    expect(() => metricsIn(wrong), wrong).toThrow('not PromQL');
});

it('alerts and panels read metrics that the services export, and nothing else', async () => {
  const known = await exported();
  for (const { of, expr } of expressions) {
    const names = metricsIn(expr);
    expect(names.length, of).toBeGreaterThan(0);
    for (const name of names) expect(known, `${of}: ${name}`).toContain(name);
  }
});

it('of states and outcomes, alerts and panels name those that there are', () => {
  const states = ['idle', 'busy', 'leaving', 'unfit', 'set aside', 'waiting', 'running'];
  const outcomes = ['finished', 'reused', 'stopped', 'failed'];
  const values = { state: states, outcome: outcomes, bytes: ['same', 'other'] };
  for (const { of, expr } of expressions)
    for (const [, label, value] of expr.matchAll(/(state|outcome|bytes)=~?"([^"]*)"/g))
      for (const one of value!.split('|')) expect(values[label as 'state'], `${of}: ${one}`).toContain(one);
});

it('each alert says what is wrong and what to look at', () => {
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { alert, annotations } of rules) {
    expect(alert).toMatch(/^Ddad[A-Z]\w+$/);
    expect(Object.keys(annotations)).toEqual(['summary', 'description']);
  }
});
