/** Runs work later, unless the returned function is called before. Does not keep the process alive. */
export function scheduleWithTimers(ms: number, work: () => void): () => void {
  const timer = setTimeout(work, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
