import {
  filterText,
  type RunField,
  type RunNames,
  runAttributes,
  runFieldKind,
  runFieldText,
  runGrammar,
} from '@esteira/contracts';
import type { FilterLanguage, FilterWord } from '../../../components/filter/filter-language.ts';
import { runStatuses } from '../run-statuses.ts';

interface RunLanguageDeps {
  readonly names: RunNames;
  /** Values that runs have in a field, with how many have each. */
  readonly ask: (
    field: string,
    prefix: string,
    signal: AbortSignal,
  ) => Promise<readonly { readonly value: string; readonly runs: number }[]>;
  readonly countOf: (runs: number) => string;
}

const asked: ReadonlySet<string> = new Set(['name', 'experiment', 'createdBy']);

/** The filter language of runs with the words that the runs at hand have. */
export function createRunLanguage({ names, ask, countOf }: RunLanguageDeps): FilterLanguage<RunField> {
  const entries = {
    metric: names.metrics.map((name) => runFieldText({ kind: 'metric', name })),
    param: names.params.map((name) => runFieldText({ kind: 'param', name })),
    tag: names.tags.map((name) => runFieldText({ kind: 'tag', name })),
  };
  const all = ['metrics.', 'params.', 'tags.', ...runAttributes, ...Object.values(entries).flat()];
  return {
    grammar: runGrammar,
    fields(prefix) {
      if (prefix === undefined) return toWords(all);
      const kind = runFieldKind(prefix.toLowerCase());
      if (kind === 'attribute') return toWords(runAttributes);
      if (kind === 'dataset') return toWords(['name', 'digest', 'context']);
      // The prefix stands already.
      return kind === undefined
        ? []
        : toWords(entries[kind].map((text) => text.slice(text.indexOf('.') + 1)));
    },
    async values(field, typed, signal) {
      if (field.kind === 'attribute' && field.name === 'status') return toWords(runStatuses.map(filterText));
      if (field.kind === 'metric' || field.kind === 'dataset') return [];
      if (field.kind === 'attribute' && !asked.has(field.name)) return [];
      const values = await ask(runFieldText(field), typed, signal);
      return values.map(({ value, runs }) => ({ text: filterText(value), hint: countOf(runs) }));
    },
  };
}

function toWords(texts: readonly string[]): readonly FilterWord[] {
  return texts.map((text) => ({ text }));
}
