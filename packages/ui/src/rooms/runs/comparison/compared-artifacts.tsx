import { Anchor, Modal, Switch, Text } from '@mantine/core';
import { useState } from 'react';
import { type Column, DataTable } from '../../../components/data-table.tsx';
import { DigestText } from '../../../components/digest-text.tsx';
import { Panel } from '../../../components/panel.tsx';
import { useSlice } from '../../../components/use-slice.ts';
import { useMessages } from '../../../messages/use-messages.tsx';
import { type ComparedFile, type Comparison, rowsAtOnce } from './compared.ts';
import { ComparedFileView } from './compared-file.tsx';

/** Files that are shown; runs with more are compared by the command line. */
const most = 500;

/** The files of the runs by what they hold: equal digests are equal files. A file is opened to see what differs. */
export function ComparedArtifacts({ comparison }: { readonly comparison: Comparison }) {
  const { t } = useMessages();
  const [all, setAll] = useState(false);
  const [opened, setOpened] = useState<ComparedFile>();
  const found = comparison.artifacts.filter(({ differs }) => all || differs);
  const files = found.slice(0, most);
  const { shown, more } = useSlice(files, rowsAtOnce(comparison.runs.length));
  const columns: readonly Column<ComparedFile>[] = [
    {
      key: 'path',
      pinned: true,
      header: t('run.path'),
      cell: (file) =>
        file.values.filter((digest) => digest !== null).length < 2 ? (
          <span className="mono">{file.name}</span>
        ) : (
          <Anchor component="button" type="button" inherit className="mono" onClick={() => setOpened(file)}>
            {file.name}
          </Anchor>
        ),
    },
    ...comparison.runs.map(
      (run, place): Column<ComparedFile> => ({
        key: run.id,
        header: <span title={run.name}>{run.name}</span>,
        cell: ({ values, differs }) => {
          const digest = values[place];
          if (digest == null) return '–';
          return differs || place === 0 ? <DigestText digest={digest} /> : t('compare.same');
        },
      }),
    ),
  ];
  return (
    <Panel
      title={t('compare.artifacts')}
      hint={t('compare.artifactsHint')}
      actions={
        <Switch
          size="xs"
          label={t('compare.allFiles')}
          checked={all}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
      }
      flush
    >
      {files.length === 0 ? (
        <Text size="sm" c="dimmed" p="md">
          {t(comparison.artifacts.length === 0 ? 'run.artifactsNone' : 'compare.artifactsSame')}
        </Text>
      ) : (
        <DataTable
          label={t('compare.artifacts')}
          columns={columns}
          rows={shown}
          rowKey={({ name }) => name}
          more={more}
        />
      )}
      {found.length > files.length || !comparison.artifactsComplete ? (
        <Text size="xs" c="dimmed" p="xs">
          {t('compare.moreFiles', { shown: files.length })}
        </Text>
      ) : null}
      <Modal
        opened={opened !== undefined}
        onClose={() => setOpened(undefined)}
        size="80%"
        title={<span className="mono">{opened?.name}</span>}
      >
        {opened === undefined ? null : <ComparedFileView comparison={comparison} file={opened} />}
      </Modal>
    </Panel>
  );
}
