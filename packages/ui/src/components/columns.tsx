import type { CSSProperties, ReactNode } from 'react';
import './panel.css';

/** Panels side by side, as many as fit with this least width in pixels. */
export function Columns({
  least = 360,
  children,
}: {
  readonly least?: number;
  readonly children: ReactNode;
}) {
  return (
    <div className="columns" style={{ '--column': `${least}px` } as CSSProperties}>
      {children}
    </div>
  );
}
