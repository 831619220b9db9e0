/** What workers are told of a job that waits: its kind and, in ms, from when on it may run. */
export function wakeMessage(kind: string, runAt: number): string {
  return `${runAt} ${kind}`;
}

/** Undefined for an empty message: something may have been missed. */
export function readWakeMessage(message: string): { kind: string; runAt: number } | undefined {
  const space = message.indexOf(' ');
  return space < 0 ? undefined : { kind: message.slice(space + 1), runAt: Number(message.slice(0, space)) };
}
