import { useEffect, useMemo, useState } from 'react';
import { matchingWords, wordsFor } from './complete-filter.ts';
import type { FilterLanguage, FilterPlace, FilterWord } from './filter-language.ts';

/** Somebody who goes on typing is not asked for. */
const restMs = 120;

/** The words that may stand at a place of a filter; values are asked for when the typing rests. */
export function useFilterWords<Field>(
  place: FilterPlace<Field> | undefined,
  language: FilterLanguage<Field> | undefined,
): readonly FilterWord[] {
  const [values, setValues] = useState<{ readonly of: string; readonly words: readonly FilterWord[] }>();
  const asked = place?.expected === 'value' ? JSON.stringify([place.field, place.typed]) : undefined;

  useEffect(() => {
    if (asked === undefined || language === undefined) return;
    const [field, typed] = JSON.parse(asked) as [Field, string];
    const given = new AbortController();
    const timer = setTimeout(() => {
      language.values(field, typed.replace(/^['"]|['"]$/g, ''), given.signal).then(
        (words) => setValues({ of: asked, words }),
        // Without an answer there is nothing to offer; the filter can be typed all the same.
        () => setValues(undefined),
      );
    }, restMs);
    return () => {
      clearTimeout(timer);
      given.abort();
    };
  }, [asked, language]);

  return useMemo(() => {
    if (place === undefined || language === undefined) return [];
    if (place.expected !== 'value') return matchingWords(wordsFor(place, language), place.typed);
    return values?.of === asked ? matchingWords(values?.words ?? [], place.typed) : [];
  }, [place, language, values, asked]);
}
