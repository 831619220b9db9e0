import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { shortId } from './short-id.ts';
import './text-link.css';

/** A link to another page. A generated id is shortened, and whole when pointed at. */
export function TextLink({ to, children }: { readonly to: string; readonly children: ReactNode }) {
  const text = typeof children === 'string' ? shortId(children) : children;
  return (
    <Link to={to} className="text-link" {...(text === children ? {} : { title: String(children) })}>
      {text}
    </Link>
  );
}

/** A generated id without a page of its own. */
export function IdText({ id }: { readonly id: string }) {
  return (
    <span className="mono" title={id}>
      {shortId(id)}
    </span>
  );
}
