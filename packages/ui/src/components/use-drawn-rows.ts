import { type RefObject, useCallback, useEffect, useLayoutEffect, useState } from 'react';
import { type DrawnRows, drawnRows } from './virtual-rows.ts';

/**
 * Which of `count` rows, each of the same height in pixels, the window of an element shows; `look` is called when it is
 * scrolled.
 */
export function useDrawnRows(
  place: RefObject<HTMLElement | null>,
  { count, rowHeight }: { readonly count: number; readonly rowHeight: number },
): { readonly drawn: DrawnRows; readonly look: () => void } {
  const [drawn, setDrawn] = useState<DrawnRows>({ from: 0, until: Math.min(count, 40) });
  const look = useCallback(() => {
    const element = place.current;
    if (!element) return;
    const next = drawnRows({ scrolled: element.scrollTop, height: element.clientHeight, rowHeight, count });
    setDrawn((now) => (now.from === next.from && now.until === next.until ? now : next));
  }, [place, count, rowHeight]);

  useLayoutEffect(look, [look]);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, [place, look]);
  return { drawn, look };
}
