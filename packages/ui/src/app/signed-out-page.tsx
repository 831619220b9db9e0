import { Box, Center, Group, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { CommandLine } from '../components/command-line.tsx';
import '../components/panel.css';
import { commandLines } from '../messages/command-lines.ts';
import { useMessages } from '../messages/use-messages.tsx';
import { Brand } from './brand.tsx';
import { LanguageSwitch } from './language-switch.tsx';

/** What a person sees who is not signed in: how to get a link. `problem` says why the last one did not work. */
export function SignedOutPage({ problem }: { readonly problem?: ReactNode }) {
  const { t } = useMessages();
  return (
    <Center mih="100vh" p="md" component="main">
      <Box maw={460} w="100%">
        <Stack gap="md">
          <Group justify="space-between">
            <Brand />
            <LanguageSwitch />
          </Group>
          <Stack gap="xs" className="panel" p="lg">
            <Title order={1}>{t('signIn.title')}</Title>
            {problem}
            <Text size="sm">{t('signIn.lead')}</Text>
            <Text size="sm">{t('signIn.how')}</Text>
            <CommandLine command={commandLines.signInLink} />
            <Text size="sm" c="dimmed">
              {t('signIn.first')}
            </Text>
          </Stack>
        </Stack>
      </Box>
    </Center>
  );
}
