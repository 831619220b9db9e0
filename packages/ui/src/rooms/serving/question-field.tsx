import type { QuestionColumn } from '@esteira/contracts';
import { Autocomplete, NumberInput, Select, TextInput } from '@mantine/core';
import { useMessages } from '../../messages/use-messages.tsx';

interface QuestionFieldProps {
  readonly column: QuestionColumn;
  readonly value: string;
  /** Why it is refused. */
  readonly problem: string | undefined;
  readonly onChange: (value: string) => void;
}

/** The field of one column: numbers, texts, times; what is one of few is chosen. */
export function QuestionField({ column, value, problem, onChange }: QuestionFieldProps) {
  const { t } = useMessages();
  const { name, type, required, categories, seen, minimum, maximum, width } = column;
  const range = rangeText(minimum, maximum);
  const field = {
    label: name,
    value,
    withAsterisk: required,
    ...(problem === undefined ? {} : { error: problem }),
    ...(range === undefined ? {} : { description: range }),
  };
  if (type === 'boolean' || categories !== undefined) {
    const data =
      categories === undefined
        ? [
            { value: 'true', label: t('endpoint.true') },
            { value: 'false', label: t('endpoint.false') },
          ]
        : categories.map(String);
    return (
      <Select
        {...field}
        data={data}
        clearable={!required}
        searchable
        onChange={(chosen) => onChange(chosen ?? '')}
      />
    );
  }
  if (type === 'text' && seen !== undefined)
    return <Autocomplete {...field} data={[...seen]} onChange={onChange} />;
  if (type === 'number' || type === 'integer') {
    return (
      <NumberInput
        {...field}
        allowDecimal={type === 'number'}
        onChange={(number) => onChange(String(number))}
      />
    );
  }
  if (type === 'time') {
    return (
      <TextInput
        {...field}
        type="datetime-local"
        step={1}
        description="UTC"
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return (
    <TextInput
      {...field}
      {...(width === undefined ? {} : { description: t('endpoint.listOf', { width }) })}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function rangeText(minimum: number | undefined, maximum: number | undefined): string | undefined {
  if (minimum === undefined && maximum === undefined) return undefined;
  if (minimum === undefined) return `≤ ${maximum}`;
  return maximum === undefined ? `≥ ${minimum}` : `${minimum} – ${maximum}`;
}
