import type { RunResult } from '@ddad/contract';

/** A run that a process of its own exports. */
export interface ExportOrder {
  result: RunResult;
  /** Modules of further methods. */
  methods: readonly string[];
  /** Where the model is written. */
  file: string;
}

/** What came of an object that was wanted; of one that went into a file the content is empty. */
export type ObjectAnswer =
  | { type: 'object'; id: number; content: Uint8Array }
  | { type: 'no object'; id: number; missing: boolean; message: string };

/** What the process is told. */
export type ToExport = ({ type: 'start' } & ExportOrder) | ObjectAnswer;

/** What it says. */
export type FromExport =
  /** It needs an object: its content, or where there is a path, a file with it. */
  | { type: 'wanted'; id: number; key: string; path: string | null }
  | { type: 'finished'; files: string[] }
  | { type: 'failed'; message: string };
