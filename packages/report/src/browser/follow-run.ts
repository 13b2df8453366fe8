import type { RunNews } from '@ddad/runs/snapshot';
import { byId } from './elements.ts';
import { RunView } from './run-view.ts';

/** How long a lost connection is left alone where the browser does not try again by itself. */
const againMs = 3_000;

/** Keeps the page of a run up to date: by what it was made with, then by the server's events. */
export function followRun(): void {
  const made = JSON.parse(byId('news', HTMLScriptElement).text) as RunNews;
  const view = new RunView();
  view.show(made);
  const lost = byId('connection', HTMLElement);
  let events: EventSource | null = null;
  let ended = made.run.status !== 'running';
  let timer = 0;

  const connect = () => {
    clearTimeout(timer);
    events?.close();
    // A new stream begins with everything.
    let first = true;
    const source = new EventSource(`${location.pathname}/events`);
    events = source;
    source.addEventListener('news', ({ data }: MessageEvent<string>) => {
      if (first) view.forget();
      first = false;
      lost.hidden = true;
      view.show(JSON.parse(data) as RunNews);
    });
    source.addEventListener('end', () => {
      ended = true;
      source.close();
    });
    source.addEventListener('error', () => {
      first = true;
      lost.textContent = 'The connection to the coordinator is lost; trying again.';
      lost.hidden = false;
      // Closed for good by the browser: the server refused, or was away for too long.
      if (source.readyState === EventSource.CLOSED) timer = window.setTimeout(connect, againMs);
    });
  };
  if (ended) return;
  connect();
  // A page that slept may hold a connection that is none any more.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible' && !ended && events?.readyState !== EventSource.OPEN)
      connect();
  });
}
