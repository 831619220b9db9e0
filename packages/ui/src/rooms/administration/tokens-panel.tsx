import { Alert, Button, Code, Group, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ListItem } from '../../api/answers.ts';
import { useAction, usePages } from '../../api/use-answer.ts';
import { CopyAction } from '../../components/command-line.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNotice } from '../../components/error-notice.tsx';
import { PagedTable } from '../../components/paged-table.tsx';
import { Panel } from '../../components/panel.tsx';
import { StatusBadge } from '../../components/status-badge.tsx';
import { TimeText } from '../../components/time-text.tsx';
import { useNow } from '../../components/use-now.ts';
import { commandLines } from '../../messages/command-lines.ts';
import { useMessages } from '../../messages/use-messages.tsx';

/** One's own API tokens: make one, see when it was used, revoke it. */
export function TokensPanel() {
  const { t } = useMessages();
  const now = useNow(60_000);
  const pages = usePages('governance', 'listTokens', { query: {} });
  const create = useAction('governance', 'createToken');
  const revoke = useAction('governance', 'revokeToken');
  const [name, setName] = useState('');
  const error = create.error ?? revoke.error;
  return (
    <Panel
      title={t('users.tokens')}
      flush
      actions={
        <form
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate({ body: { name: name.trim() } }, { onSuccess: () => setName('') });
          }}
        >
          <Group gap="xs" wrap="nowrap">
            <TextInput
              aria-label={t('users.tokenName')}
              placeholder={t('users.tokenName')}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button type="submit" disabled={name.trim() === ''} loading={create.isPending}>
              {t('users.newToken')}
            </Button>
          </Group>
        </form>
      }
    >
      {error ? <ErrorNotice error={error} /> : null}
      {create.data ? (
        <Alert m="sm" color="petrol" variant="light" title={t('users.tokenSecret')}>
          <Group gap={4} wrap="nowrap">
            <Code className="wrap-anywhere">{create.data.secret}</Code>
            <CopyAction text={create.data.secret} />
          </Group>
        </Alert>
      ) : null}
      <PagedTable
        label={t('users.tokens')}
        pages={pages}
        empty={
          <EmptyState
            title={t('users.tokensEmpty')}
            hint={t('users.tokensEmptyHint')}
            command={commandLines.createToken}
          />
        }
        rowKey={(token) => token.id}
        columns={[
          {
            key: 'name',
            header: t('word.name'),
            grow: true,
            cell: (token) => <Text size="sm">{token.name}</Text>,
          },
          {
            key: 'ends',
            header: t('users.tokenEnds'),
            cell: (token) => <span className="mono">…{token.suffix}</span>,
          },
          {
            key: 'status',
            header: t('word.status'),
            cell: (token) => <StatusBadge status={stateOf(token, now)} />,
          },
          {
            key: 'used',
            header: t('users.tokenUsed'),
            cell: (token) => <TimeText at={token.lastUsedAt} />,
          },
          {
            key: 'expires',
            header: t('users.tokenExpires'),
            cell: (token) => <TimeText at={token.expiresAt} />,
          },
          {
            key: 'revoke',
            header: t('word.actions'),
            cell: (token) =>
              stateOf(token, now) === 'active' ? (
                <Button
                  size="compact-xs"
                  variant="default"
                  onClick={() => revoke.mutate({ params: { id: token.id } })}
                >
                  {t('users.revoke')}
                </Button>
              ) : null,
          },
        ]}
      />
    </Panel>
  );
}

function stateOf(token: ListItem<'governance', 'listTokens'>, now: number) {
  if (token.revokedAt !== undefined) return 'revoked';
  return token.expiresAt !== undefined && token.expiresAt < now ? 'expired' : 'active';
}
