/** A job's process that fails tells its whole stack: what is left is for people, not for whoever mends the code. */
export function withoutStack(message: string): string {
  return message.replace(/\n\s+at [^\n]*/g, '');
}
