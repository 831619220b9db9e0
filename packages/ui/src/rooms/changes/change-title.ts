import type { JsonValue } from '@esteira/contracts';
import { describeJson } from '../../components/describe-json.ts';
import type { Say } from '../../messages/use-messages.tsx';

/** What a change is about, in one line: its kind and the endpoint and version it names. */
export function changeTitle(change: { readonly kind: string; readonly subject: JsonValue }, t: Say): string {
  const kind = kindText(change.kind, t);
  const endpoint = textAt(change.subject, 'endpoint');
  const version = textAt(change.subject, 'modelVersionId');
  if (!endpoint) return `${kind}: ${describeJson(change.subject)}`;
  return version ? `${kind}: ${version} → ${endpoint}` : `${kind}: ${endpoint}`;
}

/** The text under a name of a JSON object. */
export function textAt(value: JsonValue, name: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const found = (value as { readonly [key: string]: JsonValue })[name];
  return typeof found === 'string' ? found : undefined;
}

function kindText(kind: string, t: Say): string {
  if (kind === 'serving.promote') return t('change.serving.promote');
  if (kind === 'serving.rollback') return t('change.serving.rollback');
  return kind;
}
