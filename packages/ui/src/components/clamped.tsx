import { type ReactNode, useState } from 'react';
import './clamped.css';

/** A long text cut to three lines; the whole of it at a click. */
export function Clamped({ children }: { readonly children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <button
      type="button"
      className="clamped"
      data-open={open}
      aria-expanded={open}
      onClick={() => setOpen(!open)}
    >
      {children}
    </button>
  );
}
