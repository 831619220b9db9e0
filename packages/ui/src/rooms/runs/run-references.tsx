import type { Answer } from '../../api/answers.ts';
import { Columns } from '../../components/columns.tsx';
import { DataTable } from '../../components/data-table.tsx';
import { DigestText } from '../../components/digest-text.tsx';
import { ReferenceLink } from '../../components/node-kind.tsx';
import { Panel } from '../../components/panel.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type Run = Answer<'tracking', 'getRun'>;

/** What a run read and what it made, by digest. */
export function RunReferences({ run }: { readonly run: Run }) {
  const { t } = useMessages();
  if (run.inputs.length + run.outputs.length === 0) return null;
  return (
    <Columns least={420}>
      {run.inputs.length > 0 ? <References title={t('run.inputs')} rows={run.inputs} /> : null}
      {run.outputs.length > 0 ? <References title={t('run.outputs')} rows={run.outputs} /> : null}
    </Columns>
  );
}

function References({ title, rows }: { readonly title: string; readonly rows: Run['inputs'] }) {
  const { t } = useMessages();
  return (
    <Panel title={title} flush>
      <DataTable
        label={title}
        rows={rows}
        rowKey={(row) => `${row.role} ${row.reference.id}`}
        columns={[
          { key: 'role', header: t('run.role'), cell: (row) => row.role || '–' },
          {
            key: 'reference',
            header: t('word.kind'),
            grow: true,
            cell: (row) => <ReferenceLink reference={row.reference} />,
          },
          {
            key: 'digest',
            header: t('word.digest'),
            cell: (row) => <DigestText digest={row.reference.digest} />,
          },
        ]}
      />
    </Panel>
  );
}
