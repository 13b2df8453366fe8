/** What came in place of a file, for messages: `no such file`, else the system's code. */
export function cameInstead(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return code === 'ENOENT' ? 'no such file' : code;
}
