/** What a process does when those it belongs to end, or want it to. */
export function followParent(options: {
  /** It belongs to a control plane, whose terminal's signals are not for it. */
  readonly isChild: boolean;
  /** How long it goes on when its parent is gone, in ms; predictions matter more than tidiness. */
  readonly graceMs: number;
  readonly onOrphaned: () => void;
  readonly stop: () => Promise<void>;
  /** What has not stopped after so many ms never will, and nobody may be left to end it: the process ends as it is. */
  readonly stopMs: number;
}): void {
  const { isChild } = options;
  let stopping = false;
  async function stop(): Promise<void> {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), options.stopMs);
    await options.stop();
    process.exit(0);
  }
  process.on('SIGTERM', () => {
    // A supervisor of processes may send the signal to all of them, and the control plane sends it again.
    if (stopping && !isChild) process.exit(143);
    void stop();
  });
  process.on('SIGINT', () => {
    // A terminal sends it to the parent too, which stops its children itself.
    if (isChild) return;
    if (stopping) process.exit(130);
    void stop();
  });
  if (!isChild) return;
  process.stdin.on('error', () => {});
  process.stdin.on('close', () => {
    if (stopping) return;
    options.onOrphaned();
    setTimeout(() => void stop(), options.graceMs).unref();
  });
  process.stdin.resume();
}
