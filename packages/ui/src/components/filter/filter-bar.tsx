import { Group } from '@mantine/core';
import type { ReactNode } from 'react';
import { useMessages } from '../../messages/use-messages.tsx';
import type { Address } from '../use-address.ts';
import { ExperimentSelect, type ExperimentSelectProps } from './experiment-select.tsx';
import { FilterInput } from './filter-input.tsx';
import type { FilterLanguage } from './filter-language.ts';

interface FilterBarProps<Field> extends ExperimentSelectProps {
  /** Where `filter` and `experiment` stand. */
  readonly address: Address;
  readonly placeholder: string;
  readonly language?: FilterLanguage<Field>;
  /** What else narrows the list, and what is done with it. */
  readonly children?: ReactNode;
}

/** What narrows a list of what experiments hold: the filter language, the experiment, and more. */
export function FilterBar<Field>({
  address,
  placeholder,
  language,
  experiments,
  children,
}: FilterBarProps<Field>) {
  const { t } = useMessages();
  return (
    <Group className="filter-bar" gap="xs" mb="sm" align="flex-start" component="search">
      <FilterInput
        label={t('filter.label')}
        placeholder={placeholder}
        value={address.word('filter')}
        onApply={(filter) => address.set({ filter })}
        language={language}
      />
      <ExperimentSelect address={address} experiments={experiments} />
      {children}
    </Group>
  );
}
