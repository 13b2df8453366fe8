import { once } from 'node:events';
import { get, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { RunNews } from '@ddad/runs';
import { afterEach, describe, expect, it } from 'vitest';
import { type InventedRun, inventRun, report, total } from './invented-run.testing.ts';

let run: InventedRun;
const streams: { destroy(): void }[] = [];
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.destroy();
  await run.close();
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${run.server.url}${path}`, { method, headers, agent: false }, (response) => {
      let body = '';
      response.on('data', (data) => {
        body += data;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    sent.on('error', reject).end();
  });
}

/** Follows a run's events as a browser does. */
function follow(path = `/runs/${run.entry.id}/events`) {
  const events: { event: string; data: RunNews }[] = [];
  let closed = false;
  let text = '';
  const sent = get(`${run.server.url}${path}`, { agent: false }, (response) => {
    response.on('data', (data) => {
      text += data;
      const parts = text.split('\n\n');
      text = parts.pop()!;
      for (const part of parts) {
        const event = /^event: (.*)$/m.exec(part)?.[1];
        if (event !== undefined) events.push({ event, data: JSON.parse(/^data: (.*)$/m.exec(part)![1]!) });
      }
    });
    response.on('close', () => {
      closed = true;
    });
  });
  sent.on('error', () => {
    closed = true;
  });
  streams.push(sent);
  return { events, closed: () => closed, destroy: () => sent.destroy() };
}

/** The table's row of a job. */
const rowOf = (body: string, key: string) =>
  body.split('\n').find((line) => line.startsWith('<tr ') && line.includes(` data-key="${key}"`));

const poll = { timeout: 20_000, interval: 10 };

describe('pages', () => {
  it('lists runs, and asks Temporal once for many readers', async () => {
    run = await inventRun();
    const at = performance.now();
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('/runs')));
    for (const { status, body } of answers) {
      expect(status).toBe(200);
      expect(body.includes('<a href="/runs/ddad-brain-1">ddad-brain-1</a>')).toBe(true);
    }
    // An answer serves for two seconds.
    expect(run.asked.list).toBeLessThanOrEqual(1 + (performance.now() - at) / 2_000);
    expect(await ask('/')).toMatchObject({ status: 302, headers: { location: '/runs' } });
  });

  it('shows a run with its members, complete without a script', async () => {
    run = await inventRun();
    run.tell(0, 10);
    const { status, body, headers } = await ask('/runs/ddad-brain-1');
    expect(status).toBe(200);
    expect(rowOf(body, 'key-0')).toMatch(/ndm 0.*10 \/ 40.*480.*trainer-1.*training/);
    expect(rowOf(body, 'key-5')).toMatch(/udm 2.*waiting for a trainer/);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; .*connect-src 'self'.*script-src 'sha256-[^']+'.*frame-ancestors 'none'$/,
    );
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('says which workers get no jobs, in the list, on a run’s page while it goes on, and as JSON', async () => {
    run = await inventRun();
    const worker = { pool: 'train', device: 'a test', slots: 1, reason: null, until: null } as const;
    run.workers.push({ ...worker, id: 't-1', state: 'busy' });
    expect((await ask('/runs/ddad-brain-1')).body).toContain('id="sick" hidden');
    const until = '2026-01-01T12:03:04.000Z';
    run.workers.push({ ...worker, id: 't-2', state: 'set aside', reason: 'disk <full>', until });
    const said =
      'Trainer t-2 gets no jobs until 12:03:04 UTC, as it fails what others make: disk &lt;full&gt;';
    const { body } = await ask('/runs/ddad-brain-1');
    expect(body).toContain(`<ul class="note warning" id="sick"><li>${said}</li></ul>`);
    expect((await ask('/runs')).body).toMatch(/t-1.*busy.*t-2.*set aside.*disk &lt;full&gt;.*12:03:04/s);
    const { headers, body: json } = await ask('/workers.json');
    expect(headers['content-type']).toMatch('application/json');
    expect(JSON.parse(json)).toEqual({ workers: run.workers });

    const { events } = follow();
    await expect.poll(() => events.at(-1)?.data.sick, poll).toHaveLength(1);
    run.workers.pop();
    await expect.poll(() => events.at(-1)?.data.sick, poll).toEqual([]);
  });

  it('are there for who asks, however many connections send half a request; a viewer that reads stays', async () => {
    run = await inventRun();
    const { events } = follow();
    await expect.poll(() => events.length, poll).toBeGreaterThan(0);
    const { hostname, port } = new URL(run.server.url);
    const half: Socket[] = [];
    const sent = Array.from({ length: 700 }, () => {
      const socket = connect({ host: hostname, port: Number(port) });
      half.push(socket);
      socket.on('error', () => {}).resume();
      socket.write('GET /runs HTTP/1.1\r\nHost: ');
      return once(socket, 'connect').catch(() => {});
    });
    try {
      await Promise.all(sent);
      expect((await ask('/runs')).status).toBe(200);
      run.tell(0, 10);
      const before = events.length;
      await expect.poll(() => events.length, poll).toBeGreaterThan(before);
    } finally {
      for (const socket of half) socket.destroy();
    }
  });

  it('escapes what a run is called', async () => {
    const id = 'a/<script>alert(1)</script>&"';
    run = await inventRun({ id });
    const { status, body } = await ask(`/runs/${encodeURIComponent(id)}`);
    expect(status).toBe(200);
    expect(body).not.toContain('<script>alert');
    expect((await ask('/runs')).body).toContain(
      `href="/runs/${encodeURIComponent(id).replaceAll("'", '&#39;')}"`,
    );
  });

  it('knows a run that Temporal has forgotten by its report, once', async () => {
    run = await inventRun();
    run.finish();
    const path = `/runs/${run.entry.executionId}`;
    const { body } = await ask(path);
    expect(rowOf(body, 'key-0')).toMatch(/ndm 0.*finished/);
    expect(/<code>rDual<\/code><\/th><td class="number">93.0/.test(body)).toBe(true);
    expect(await ask(`${path}/report`)).toMatchObject({ status: 200, body: report });
    await ask(path);
    expect(run.asked.find).toBe(1);
  });
});

describe('refusals', () => {
  it.each([
    ['/runs/nobody', {}, 404],
    ['/runs/nobody/events', {}, 404],
    ['/runs/%E0%A4%A', {}, 404],
    ['/etc/passwd', {}, 404],
    ['/runs/ddad-brain-1/report', {}, 404],
    // DNS rebinding: a foreign name that was made to point here.
    ['/runs', { host: 'evil.example:8780' }, 421],
    // An image or a fetch of a foreign page; a link from one is followed.
    ['/runs/ddad-brain-1/events', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    [
      '/runs',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      200,
    ],
    ['/runs', { host: 'localhost:9' }, 200],
  ])('answers %s %j with %i', async (path, headers, status) => {
    run = await inventRun();
    expect((await ask(path, headers)).status).toBe(status);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('changes nothing: refuses %s', async (method) => {
    run = await inventRun();
    expect(await ask('/runs', {}, method)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it('serves no pictures but on loopback', async () => {
    run = await inventRun({ listen: '0.0.0.0:0' });
    run.finish();
    expect((await ask('/runs/ddad-brain-1')).status).toBe(200);
    expect((await ask('/runs/ddad-brain-1/report')).status).toBe(403);
  });
});

describe('events', () => {
  it('begins with everything that was heard, then tells what is new', async () => {
    run = await inventRun();
    for (const epoch of [1, 2, 3]) run.tell(0, epoch);
    const { events } = follow();
    await expect.poll(() => events.length, poll).toBe(1);
    expect(events[0]!.data.curves['key-0']).toEqual({
      keep: 0,
      points: [
        [1, 1 / 2],
        [2, 1 / 3],
        [3, 1 / 4],
      ],
    });
    run.tell(0, 4);
    await expect.poll(() => events.length, poll).toBe(2);
    expect(events[1]!.data.curves).toEqual({ 'key-0': { keep: 3, points: [[4, 1 / 5]] } });
    expect(events[1]!.data.view.jobs[0]).toMatchObject({ done: 4, worker: 'trainer-1' });
  });

  it('asks the workflow as often for many viewers as for one, and not at all for none', async () => {
    run = await inventRun();
    const viewers = Array.from({ length: 30 }, () => follow());
    for (const { events } of viewers) await expect.poll(() => events.length, poll).toBeGreaterThan(0);
    const [before, at] = [run.asked.progress, performance.now()];
    await expect.poll(() => run.asked.progress, poll).toBeGreaterThan(before + 2);
    expect(run.asked.progress - before).toBeLessThanOrEqual((performance.now() - at) / 50 + 1);
    expect(run.asked.find).toBe(1);
    for (const viewer of viewers) viewer.destroy();
    // Nobody looks any more: two questions in a row that are not asked.
    await expect
      .poll(async () => {
        const asked = run.asked.progress;
        await new Promise((resolve) => setTimeout(resolve, 150));
        return run.asked.progress - asked;
      }, poll)
      .toBe(0);
  });

  it('ends with the result, whole curves from the manifests, and the report', async () => {
    run = await inventRun();
    const { events, closed } = follow();
    await expect.poll(() => events.length, poll).toBe(1);
    run.finish();
    await expect.poll(() => closed(), poll).toBe(true);
    expect(events.at(-1)!.event).toBe('end');
    const { data } = events.at(-2)!;
    expect(data).toMatchObject({
      run: { status: 'completed' },
      report: true,
      scores: { rDual: { auc: 0.93 } },
    });
    expect(data.view.jobs[5]).toMatchObject({ state: 'finished', seconds: 61 });
    expect(data.curves['key-5']!.points).toHaveLength(total);
    expect((await ask('/runs/ddad-brain-1/report')).body).toBe(report);
    // Whoever comes later is told at once.
    const late = follow();
    await expect.poll(() => late.closed(), poll).toBe(true);
    expect(late.events.map(({ event }) => event)).toEqual(['news', 'end']);
  });

  it('says so where the run failed, and where the workflow does not answer', async () => {
    run = await inventRun();
    const { events, closed } = follow();
    await expect.poll(() => events.length, poll).toBe(1);
    run.progress.nodes[0]!.state = 'failed';
    run.entry.status = 'failed';
    run.entry.closed = new Date();
    await expect.poll(() => closed(), poll).toBe(true);
    expect(events.at(-2)!.data).toMatchObject({ run: { status: 'failed' }, report: false });
    expect(events.at(-2)!.data.view.jobs[0]!.state).toBe('failed');
  });

  it('lets go of its viewers when it is closed', async () => {
    run = await inventRun();
    const { events, closed } = follow();
    await expect.poll(() => events.length, poll).toBe(1);
    const at = performance.now();
    await run.close();
    expect(performance.now() - at).toBeLessThan(5_000);
    await expect.poll(() => closed(), poll).toBe(true);
  });
});
