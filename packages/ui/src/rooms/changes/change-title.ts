import type { JsonValue } from '@esteira/contracts';
import { describeJson } from '../../components/describe-json.ts';
import { useVersionName } from '../../components/version-name.tsx';
import { type Say, useMessages } from '../../messages/use-messages.tsx';

/** What a change is about, in one line: its kind, and the version and the endpoint it names. */
export function useChangeTitle(change: { readonly kind: string; readonly subject: JsonValue }): string {
  const { t } = useMessages();
  const version = useVersionName(textAt(change.subject, 'modelVersionId'));
  const endpoint = textAt(change.subject, 'endpoint');
  const kind = kindText(change.kind, t);
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
  if (kind === 'retention.shorten') return t('change.retention.shorten');
  if (kind === 'registry.label') return t('change.registry.label');
  return kind;
}
