import { type ReactNode, useEffect, useRef, useState } from 'react';

/** Pixels beyond the window from which on something is drawn. */
const beyond = '400px';

/** Draws what is far down a page only when somebody comes near it, and keeps it then; `height` in pixels until that. */
export function WhenSeen({ height, children }: { readonly height: number; readonly children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (seen || !element) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
      },
      { rootMargin: beyond },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [seen]);
  return seen ? children : <div ref={place} style={{ height }} />;
}
