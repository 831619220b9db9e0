import { useState } from 'react';
import type { More } from './load-more.tsx';

/** The first of many rows that are all here, and the way to the others, so many at a time. */
export function useSlice<Row>(
  rows: readonly Row[],
  atOnce: number,
): { readonly shown: readonly Row[]; readonly more: More } {
  const [count, setCount] = useState(atOnce);
  return {
    shown: rows.slice(0, count),
    more: {
      hasMore: rows.length > count,
      isLoadingMore: false,
      loadMore: () => setCount(count + atOnce),
    },
  };
}
