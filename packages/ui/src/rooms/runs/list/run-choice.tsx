import { createContext, useContext } from 'react';
import { useMessages } from '../../../messages/use-messages.tsx';
import type { ListedRun } from './use-run-list.ts';

/** Runs that are ticked, by their ids. It stands beside the rows: a tick draws the boxes anew and no row. */
export const ChosenRuns = createContext<{
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (id: string) => void;
}>({ chosen: new Set(), onChoose: () => {} });

/** A box to tick a run with. */
export function RunChoice({ run }: { readonly run: Pick<ListedRun, 'id' | 'name'> }) {
  const { t } = useMessages();
  const { chosen, onChoose } = useContext(ChosenRuns);
  return (
    <input
      type="checkbox"
      className="run-choice"
      aria-label={t('compare.choose', { name: run.name })}
      checked={chosen.has(run.id)}
      onChange={() => onChoose(run.id)}
    />
  );
}
