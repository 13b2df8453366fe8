import { readFileSync } from 'node:fs';

/** From the widest on: those for which oneDNN has kernels of their own. By their names in /proc/cpuinfo. */
const known = ['amx_tile', 'avx512_bf16', 'avx512_vnni', 'avx512f', 'avx2', 'avx', 'sse4_1'];

/** The widest set of instructions that oneDNN computes with; `other` where a processor has none of them. */
export function instructionsOf(flags: ReadonlySet<string>): string {
  return known.find((name) => flags.has(name)) ?? 'other';
}

/** Flags of this machine's first processor, as Linux tells them; none where it does not. */
export function processorFlags(): Set<string> {
  try {
    const [, flags = ''] = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
    return new Set(flags.split(/\s+/).filter((flag) => flag !== ''));
  } catch {
    return new Set();
  }
}
