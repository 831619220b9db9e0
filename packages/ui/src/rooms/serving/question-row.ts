import type { JsonValue, QuestionColumn } from '@esteira/contracts';

/** What stands in the fields of a question, by column. */
export type FieldTexts = Readonly<Record<string, string>>;

/** The example of each column as its field shows it; times in UTC, as `datetime-local` takes them. */
export function exampleTexts(columns: readonly QuestionColumn[]): FieldTexts {
  return Object.fromEntries(columns.map((column) => [column.name, textOf(column)]));
}

/** The row that the fields say; an empty field is a missing value. What does not fit its column goes as text, for the model server to judge. */
export function questionRow(
  columns: readonly QuestionColumn[],
  texts: FieldTexts,
): Readonly<Record<string, JsonValue>> {
  return Object.fromEntries(
    columns.map((column) => [column.name, sentValue(column, texts[column.name] ?? '')]),
  );
}

/** Columns that a question without a value in them has no answer to. */
export function missingColumns(columns: readonly QuestionColumn[], texts: FieldTexts): readonly string[] {
  return columns
    .filter(({ name, required }) => required && (texts[name] ?? '') === '')
    .map(({ name }) => name);
}

/** Columns that a refusal names. */
export function namedColumns(columns: readonly QuestionColumn[], message: string): readonly string[] {
  return columns.map(({ name }) => name).filter((name) => name !== '' && isNamed(name, message));
}

/** As a word of its own: `age` is not named where `wage` is. */
function isNamed(name: string, message: string): boolean {
  const isPart = (letter: string | undefined): boolean =>
    letter !== undefined && /[\p{L}\p{N}_]/u.test(letter);
  for (let at = message.indexOf(name); at >= 0; at = message.indexOf(name, at + 1))
    if (!isPart(message[at - 1]) && !isPart(message[at + name.length])) return true;
  return false;
}

function textOf({ type, example }: QuestionColumn): string {
  if (example === null) return '';
  if (type === 'list') return JSON.stringify(example);
  if (type !== 'time') return String(example);
  const at = Date.parse(String(example));
  return Number.isNaN(at) ? '' : new Date(at).toISOString().slice(0, 19);
}

function sentValue({ type, categories = [] }: QuestionColumn, text: string): JsonValue {
  if (text === '') return null;
  if (type === 'text') return categories.find((category) => String(category) === text) ?? text;
  if (type === 'time') return `${text}Z`;
  if (type === 'boolean') return text === 'true';
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
