/**
 * Loaded into a service before its own code (`node --import`): its clock differs from the machine's by as many milliseconds as the
 * file SHIFTED_CLOCK says, while there is such a file.
 */
import { readFileSync } from 'node:fs';

const { SHIFTED_CLOCK: path = '' } = process.env;
const lookMs = 100;
let shiftMs = 0;

function look(): void {
  try {
    shiftMs = Number(readFileSync(path, 'utf8'));
  } catch {
    // The usual case: the clock is right.
    shiftMs = 0;
  }
}
look();
setInterval(look, lookMs).unref();

const MachineDate = Date;
const now = () => MachineDate.now() + shiftMs;
globalThis.Date = new Proxy(MachineDate, {
  construct: (target, given) => (given.length === 0 ? new target(now()) : Reflect.construct(target, given)),
  get: (target, property) => (property === 'now' ? now : Reflect.get(target, property)),
});
