import { filterText, type TraceField, traceAttributes, traceGrammar } from '@esteira/contracts';
import type { FilterLanguage, FilterWord } from '../../components/filter/filter-language.ts';

/** What of a trace a filter can name and compare. */
interface KnownTrace {
  readonly name?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

const states = ['OK', 'ERROR', 'IN_PROGRESS'];
const spanFields = ['name', 'type', 'status', 'content', 'attributes.'];
const spanTypes = [
  'LLM',
  'CHAT_MODEL',
  'CHAIN',
  'AGENT',
  'TOOL',
  'RETRIEVER',
  'EMBEDDING',
  'RERANKER',
  'PARSER',
];
const prefixes = ['tags.', 'metadata.', 'span.', 'feedback.', 'expectation.'];

/** The filter language of traces with the words that the traces shown have. */
export function createTraceLanguage(shown: readonly KnownTrace[]): FilterLanguage<TraceField> {
  const tags = [...new Set(shown.flatMap((trace) => Object.keys(trace.tags)))].sort().map(quoted);
  const all = [
    ...prefixes,
    'run',
    'issue',
    ...traceAttributes,
    ...spanFields.map((name) => `span.${name}`),
    ...tags.map((name) => `tags.${name}`),
  ];
  return {
    grammar: traceGrammar,
    fields(prefix) {
      if (prefix === undefined) return toWords(all);
      if (prefix === 'span') return toWords(spanFields);
      return toWords(prefix === 'tags' || prefix === 'tag' ? tags : []);
    },
    async values(field) {
      return toWords(valuesOf(field, shown).map(filterText));
    },
  };
}

function valuesOf(field: TraceField, shown: readonly KnownTrace[]): readonly string[] {
  if (field.kind === 'span' && field.name === 'type') return spanTypes;
  if (field.kind === 'span' && field.name === 'status') return ['OK', 'ERROR', 'UNSET'];
  if (field.kind === 'attribute' && field.name === 'state') return states;
  if (field.kind === 'attribute' && field.name === 'name')
    return [...new Set(shown.flatMap(({ name }) => (name === undefined ? [] : [name])))].sort();
  if (field.kind === 'tag') return [...new Set(shown.flatMap(({ tags }) => tags[field.name] ?? []))].sort();
  return [];
}

function quoted(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(name) ? name : `\`${name}\``;
}

function toWords(texts: readonly string[]): readonly FilterWord[] {
  return texts.map((text) => ({ text }));
}
