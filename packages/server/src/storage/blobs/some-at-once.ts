/** Does the work for every item, so many at a time, and returns the results in the order of the items. The first failure ends it. */
export async function someAtOnce<T, R>(
  items: readonly T[],
  count: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const entries = items.entries();
  let failed = false;
  async function lane(): Promise<void> {
    for (const [index, item] of entries) {
      if (failed) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  }
  // What is at work when one fails comes to its end first: nothing goes on behind the caller's back.
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(count, items.length) }, lane));
  for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason;
  return results;
}
