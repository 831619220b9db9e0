import { NativeSelect } from '@mantine/core';
import { type Language, languages } from '../messages/languages.ts';
import { useMessages } from '../messages/use-messages.tsx';

/** Chooses the language of the page; this browser remembers it. */
export function LanguageSwitch() {
  const { t, language, setLanguage } = useMessages();
  return (
    <NativeSelect
      aria-label={t('shell.language')}
      value={language}
      onChange={(event) => setLanguage(event.currentTarget.value as Language)}
      data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
      w={116}
    />
  );
}
