/** A text of the page, or two forms of it chosen by the plural rule of the language for the value `count`. */
export type Message = string | PluralMessage;

interface PluralMessage {
  readonly one: string;
  readonly other: string;
}

/** The same keys as another catalogue, with a plural where that one has a plural. */
export type Translation<Source> = {
  readonly [Key in keyof Source]: Source[Key] extends string ? string : PluralMessage;
};

type TextOf<M> = M extends string ? M : M extends PluralMessage ? M['one'] | M['other'] : never;

type NamesIn<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never;

/** Names of the values that a message needs: those of its `{placeholders}`. */
export type PlaceholdersOf<M> = NamesIn<TextOf<M>>;

export type MessageValues = Readonly<Record<string, string | number>>;

/** Fills a message: numbers in the manner of the language, texts as they are. `count` chooses the plural form. */
export function formatMessage(language: string, message: Message, values: MessageValues = {}): string {
  return pickForm(language, message, values).replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = values[name];
    if (value === undefined) return placeholder;
    return typeof value === 'number' ? new Intl.NumberFormat(language).format(value) : value;
  });
}

function pickForm(language: string, message: Message, values: MessageValues): string {
  if (typeof message === 'string') return message;
  const count = values.count;
  if (typeof count !== 'number') return message.other;
  return new Intl.PluralRules(language).select(count) === 'one' ? message.one : message.other;
}
