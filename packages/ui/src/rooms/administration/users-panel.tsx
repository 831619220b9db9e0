import { Alert, Button, Code, Group, Text } from '@mantine/core';
import { useState } from 'react';
import type { ListItem } from '../../api/answers.ts';
import { useMay } from '../../api/session.tsx';
import { useAction, usePages } from '../../api/use-answer.ts';
import { CopyAction } from '../../components/command-line.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';

type User = ListItem<'governance', 'listUsers'>;

interface MadeLink {
  readonly name: string;
  readonly url: string;
  readonly expiresAt: number;
}

/** Everybody of the workspace; whoever manages users can make a sign-in link. */
export function UsersPanel() {
  const { t, format } = useMessages();
  const mayManage = useMay('users:manage');
  const pages = usePages('governance', 'listUsers', { query: {} });
  const create = useAction('governance', 'createSignInLink');
  const [made, setMade] = useState<MadeLink>();
  return (
    <Panel title={t('users.users')} flush>
      {create.error ? <ErrorNotice error={create.error} /> : null}
      {made ? (
        <Alert m="sm" color="petrol" variant="light">
          <Text size="sm">
            {t('users.linkMade', { name: made.name, until: format.time(made.expiresAt) })}
          </Text>
          <Group gap={4} wrap="nowrap">
            <Code className="wrap-anywhere">{made.url}</Code>
            <CopyAction text={made.url} />
          </Group>
        </Alert>
      ) : null}
      <PagedTable
        label={t('users.users')}
        pages={pages}
        rowKey={(user) => user.id}
        columns={[
          { key: 'name', header: t('word.name'), cell: (user) => user.name },
          { key: 'kind', header: t('word.kind'), cell: (user) => t(`users.kind.${user.kind}`) },
          { key: 'roles', header: t('users.roles'), grow: true, cell: (user) => user.roles.join(', ') },
          {
            key: 'status',
            header: t('word.status'),
            cell: (user) => <StatusBadge status={user.disabled ? 'disabled' : 'active'} />,
          },
          {
            key: 'last',
            header: t('users.lastSignIn'),
            cell: (user) => <TimeText at={user.lastSignInAt} />,
          },
          { key: 'link', header: t('word.actions'), cell: (user) => linkButton(user) },
        ]}
      />
    </Panel>
  );

  function linkButton(user: User) {
    if (!mayManage || user.kind !== 'user' || user.disabled) return null;
    return (
      <Button size="compact-xs" variant="default" loading={create.isPending} onClick={() => makeLink(user)}>
        {t('users.link')}
      </Button>
    );
  }

  function makeLink(user: User): void {
    create.mutate(
      { body: { userId: user.id } },
      {
        onSuccess: ({ path, expiresAt }) =>
          setMade({ name: user.name, url: `${window.location.origin}${path}`, expiresAt }),
      },
    );
  }
}
