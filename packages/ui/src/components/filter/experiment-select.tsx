import { NativeSelect } from '@mantine/core';
import { useMessages } from '../../messages/use-messages.tsx';
import type { Address } from '../use-address.ts';

export interface ExperimentSelectProps {
  /** Where `experiment` stands. */
  readonly address: Address;
  /** Experiments to choose from, by the word for the address. */
  readonly experiments: readonly { readonly value: string; readonly label: string }[];
}

/** Narrows a list to one experiment, or none. */
export function ExperimentSelect({ address, experiments }: ExperimentSelectProps) {
  const { t } = useMessages();
  return (
    <NativeSelect
      aria-label={t('runs.experiment')}
      maw={280}
      value={address.word('experiment')}
      onChange={(event) => address.set({ experiment: event.currentTarget.value })}
      data={[{ value: '', label: t('runs.allExperiments') }, ...experiments]}
    />
  );
}
