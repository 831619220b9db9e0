import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { en } from './en.ts';
import { createFormats, type Formats } from './formats.ts';
import { chooseLanguage, type Language } from './languages.ts';
import {
  formatMessage,
  type Message,
  type MessageValues,
  type PlaceholdersOf,
  type Translation,
} from './message.ts';

export type MessageKey = keyof typeof en;

/** Says a message in the language of the page; its placeholders are required by type. */
export type Say = <Key extends MessageKey>(
  key: Key,
  ...values: PlaceholdersOf<(typeof en)[Key]> extends never
    ? []
    : [values: Readonly<Record<PlaceholdersOf<(typeof en)[Key]>, string | number>>]
) => string;

export interface Messages {
  readonly language: Language;
  setLanguage(language: Language): void;
  readonly t: Say;
  readonly format: Formats;
}

const MessagesContext = createContext<Messages | undefined>(undefined);

const storageKey = 'esteira.language';

/** Gives the page its language: the one chosen last in this browser, else the browser's own. */
export function MessagesProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(() =>
    chooseLanguage([window.localStorage.getItem(storageKey), ...navigator.languages]),
  );
  const [loaded, setLoaded] = useState<{ language: Language; catalogue: Translation<typeof en> }>();

  useEffect(() => {
    let stale = false;
    document.documentElement.lang = language;
    loadCatalogue(language).then((catalogue) => {
      if (!stale) setLoaded({ language, catalogue });
    });
    return () => {
      stale = true;
    };
  }, [language]);

  const messages = useMemo<Messages | undefined>(
    () =>
      loaded && {
        language: loaded.language,
        setLanguage: (next) => {
          window.localStorage.setItem(storageKey, next);
          setLanguage(next);
        },
        t: (key, ...values) =>
          formatMessage(
            loaded.language,
            loaded.catalogue[key] as Message,
            values[0] as MessageValues | undefined,
          ),
        format: createFormats(loaded.language),
      },
    [loaded],
  );
  if (!messages) return null;
  return <MessagesContext value={messages}>{children}</MessagesContext>;
}

export function useMessages(): Messages {
  const messages = useContext(MessagesContext);
  if (!messages) throw new Error('useMessages needs a MessagesProvider above it');
  return messages;
}

async function loadCatalogue(language: Language): Promise<Translation<typeof en>> {
  return language === 'pt-BR' ? (await import('./pt-br.ts')).ptBr : en;
}
