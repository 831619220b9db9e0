import type { JsonValue } from '@esteira/contracts';
import { describeJson } from './describe-json.ts';
import './json-view.css';

/** A JSON value to read: indented, scrolling when it is long. */
export function JsonView({ value }: { readonly value: JsonValue }) {
  return <pre className="json-view">{JSON.stringify(value, null, 2)}</pre>;
}

/** A JSON value in one line of words: `rows 120 · passed yes`. */
export function JsonLine({ value }: { readonly value: JsonValue }) {
  return <span className="json-line">{describeJson(value)}</span>;
}
