import type { JsonValue } from '@esteira/contracts';
import { Clamped } from './clamped.tsx';
import { describeJson } from './describe-json.ts';
import { shortId } from './short-id.ts';
import './json-view.css';

/** A JSON value to read: indented, scrolling when it is long. */
export function JsonView({ value }: { readonly value: JsonValue }) {
  return <pre className="json-view">{JSON.stringify(value, null, 2)}</pre>;
}

/** A JSON value in one line of words, `rows 120 · passed true`, with ids and digests shortened. */
export function JsonLine({ value }: { readonly value: JsonValue }) {
  return (
    <span className="json-line">
      <Clamped>{describeJson(value, shortText)}</Clamped>
    </span>
  );
}

function shortText(text: string): string {
  return text.startsWith('sha256:') ? `${text.slice(0, 19)}…` : shortId(text);
}
