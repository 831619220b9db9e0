import { Switch } from '@mantine/core';
import { useState } from 'react';
import { type Column, DataTable } from '../../../components/data-table.tsx';
import { metricName } from '../../../components/metric-name.tsx';
import { Panel } from '../../../components/panel.tsx';
import { TextLink } from '../../../components/text-link.tsx';
import { useSlice } from '../../../components/use-slice.ts';
import { useMessages } from '../../../messages/use-messages.tsx';
import { metricText } from '../metric-text.ts';
import { type Comparison, rowsAtOnce } from './compared.ts';

interface Row {
  readonly key: string;
  readonly name: string;
  readonly texts: readonly string[];
  readonly differs: boolean;
}

/** Parameters and latest metrics of the runs side by side. */
export function ComparedValues({ comparison }: { readonly comparison: Comparison }) {
  const { t, format } = useMessages();
  const [all, setAll] = useState(false);
  const rows: readonly Row[] = [
    ...comparison.metrics.map(({ name, values, differs }) => ({
      key: `metrics.${name}`,
      name: metricName(name, t),
      texts: values.map((value) => metricText(value ?? undefined, format.metric)),
      differs,
    })),
    ...comparison.params.map(({ name, values, differs }) => ({
      key: `params.${name}`,
      name,
      texts: values.map((value) => value ?? '–'),
      differs,
    })),
  ].filter(({ differs }) => all || differs);
  const columns: readonly Column<Row>[] = [
    {
      key: 'name',
      header: t('word.name'),
      pinned: true,
      cell: ({ name }) => (
        <span className="mono" title={name}>
          {name}
        </span>
      ),
    },
    ...comparison.runs.map(
      (run, place): Column<Row> => ({
        key: run.id,
        header: <TextLink to={`/runs/${run.id}`}>{run.name}</TextLink>,
        cell: ({ texts, differs }) => (
          <span className="mono" style={differs ? { fontWeight: 600 } : undefined}>
            {texts[place]}
          </span>
        ),
      }),
    ),
  ];
  const { shown, more } = useSlice(rows, rowsAtOnce(comparison.runs.length));
  return (
    <Panel
      title={t('compare.values')}
      hint={t('compare.valuesHint')}
      actions={
        <Switch
          size="xs"
          label={t('compare.all')}
          checked={all}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
      }
      flush
    >
      <DataTable
        label={t('compare.values')}
        columns={columns}
        rows={shown}
        rowKey={({ key }) => key}
        more={more}
      />
    </Panel>
  );
}
