import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkFilter } from '../../components/filter/filter-language.ts';
import { createTraceLanguage } from './trace-language.ts';

const language = createTraceLanguage([
  { name: 'answer', tags: { env: 'live', 'mlflow.user': 'ana', 'a b': 'c' } },
  { name: 'search', tags: { env: 'test' } },
]);

it('whatever the language of traces offers can be said', async () => {
  const fields = language.fields(undefined).map(({ text }) => text);
  assert.ok(fields.includes('tags.`a b`') && fields.includes('tags.mlflow.user'));
  for (const field of fields.filter((text) => !text.endsWith('.'))) {
    const value = ['requestedAt', 'durationMs', 'endedAt'].includes(field) ? '= 1' : "= 'x'";
    const operator = field === 'span.content' ? "like 'x'" : value;
    assert.equal(checkFilter(`${field} ${operator}`, language), undefined, field);
  }
});

it('values are those of the traces at hand, and the states there are', async () => {
  const { signal } = new AbortController();
  const words = async (field: Parameters<typeof language.values>[0]) =>
    (await language.values(field, '', signal)).map(({ text }) => text);
  assert.deepEqual(await words({ kind: 'tag', name: 'env' }), ["'live'", "'test'"]);
  assert.deepEqual(await words({ kind: 'attribute', name: 'state' }), ["'OK'", "'ERROR'", "'IN_PROGRESS'"]);
  assert.deepEqual(await words({ kind: 'attribute', name: 'name' }), ["'answer'", "'search'"]);
});

it('what is refused is marked where it stands', () => {
  assert.equal(checkFilter("status = 'ERROR'", language)?.fault.start, 0);
});
