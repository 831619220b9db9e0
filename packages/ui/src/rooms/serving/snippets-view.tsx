import { Code, Group, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { CopyAction } from '../../components/command-line.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { type CalledEndpoint, callSnippets } from './call-snippets.ts';

/** Requests to copy, for one client at a time. */
export function SnippetsView({ called }: { readonly called: CalledEndpoint }) {
  const { t } = useMessages();
  const snippets = callSnippets(called);
  const [client, setClient] = useState('curl');
  const text = snippets.find((snippet) => snippet.client === client)?.text ?? '';
  return (
    <>
      <Group justify="space-between" wrap="nowrap" my="xs">
        <SegmentedControl
          size="xs"
          aria-label={t('endpoint.client')}
          value={client}
          onChange={setClient}
          data={snippets.map((snippet) => snippet.client)}
        />
        <CopyAction text={text} />
      </Group>
      <Code block className="wrap-anywhere">
        {text}
      </Code>
    </>
  );
}
