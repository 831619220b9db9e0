/** Languages of the page by BCP 47 tag, with their own names. */
export const languages = { en: 'English', 'pt-BR': 'Português' } as const;

export type Language = keyof typeof languages;

/** The first wanted language that the page speaks; English when there is none. */
export function chooseLanguage(wanted: readonly (string | null)[]): Language {
  for (const tag of wanted) {
    if (tag === null) continue;
    if (/^pt\b/i.test(tag)) return 'pt-BR';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}
