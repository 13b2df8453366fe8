import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestService } from '../servers/index.ts';

/** For the environment of services whose memory is to be looked at: an inspector that is asked for takes a free port. */
export const inspectable = { NODE_OPTIONS: '--inspect-port=0' };

const openLimitMs = 10_000;

/**
 * Resident memory of a process once it has collected its garbage, in all of its threads: V8 leaves much of it lying as long as
 * the machine has room, so that what is resident otherwise says little of what is held.
 * @param service started with `inspectable`
 * @returns MB
 */
export async function settledMemory(service: Pick<TestService, 'pid' | 'logs'>): Promise<number> {
  const inspector = await Inspector.open(service);
  try {
    await inspector.collectGarbage();
  } finally {
    await inspector.close();
  }
  const status = readFileSync(`/proc/${service.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
}

type Call = (method: string, params?: object) => Promise<unknown>;

/** A message of the inspector protocol. */
interface Message {
  id?: number;
  method?: string;
  params?: { sessionId?: string; message?: string };
  error?: { message: string };
}

/** A process's inspector, and through it its worker threads'. */
class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  readonly #threads: string[] = [];
  #sent = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(String(data)) as Message);
  }

  static async open({ pid, logs }: Pick<TestService, 'pid' | 'logs'>): Promise<Inspector> {
    const addresses = () =>
      [...logs().matchAll(/Debugger listening on (ws:\/\/\S+)/g)].map(([, url]) => url!);
    const before = addresses().length;
    process.kill(pid, 'SIGUSR1');
    const giveUpAt = performance.now() + openLimitMs;
    while (addresses().length === before) {
      if (performance.now() > giveUpAt) throw new Error(`process ${pid} opened no inspector`);
      await delay(20);
    }
    const socket = new WebSocket(addresses().at(-1)!);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`the inspector of process ${pid} does not answer`));
    });
    return new Inspector(socket);
  }

  async collectGarbage(): Promise<void> {
    const main: Call = (method, params) => this.#call(method, params);
    await collect(main);
    // Threads that are there are told of before this is answered.
    await main('NodeWorker.enable', { waitForDebuggerOnStart: false });
    for (const sessionId of this.#threads) {
      await collect((method, params) => this.#callThread(sessionId, method, params));
    }
    await main('NodeWorker.disable');
  }

  /** Ends the process's inspector, too: the next one opens anew. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#socket.onclose = resolve;
    });
    const expression = "setTimeout(() => process.getBuiltinModule('inspector').close(), 0); 0";
    await this.#call('Runtime.evaluate', { expression });
    await closed;
  }

  #call(method: string, params: object = {}): Promise<void> {
    const id = this.#next();
    this.#socket.send(JSON.stringify({ id, method, params }));
    return this.#answer(id);
  }

  async #callThread(sessionId: string, method: string, params: object = {}): Promise<void> {
    const id = this.#next();
    const answered = this.#answer(id);
    await this.#call('NodeWorker.sendMessageToWorker', {
      sessionId,
      message: JSON.stringify({ id, method, params }),
    });
    await answered;
  }

  #next(): number {
    this.#sent += 1;
    return this.#sent;
  }

  #answer(id: number): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #hear({ id, method, params, error }: Message): void {
    if (method === 'NodeWorker.attachedToWorker') this.#threads.push(params!.sessionId!);
    if (method === 'NodeWorker.receivedMessageFromWorker')
      this.#hear(JSON.parse(params!.message!) as Message);
    if (id === undefined) return;
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve();
    else waiting?.reject(new Error(error.message));
  }
}

async function collect(call: Call): Promise<void> {
  await call('HeapProfiler.enable');
  // What the first one frees may hold more.
  for (let times = 0; times < 2; times += 1) await call('HeapProfiler.collectGarbage');
  await call('HeapProfiler.disable');
}
