import { Stack, Text } from '@mantine/core';
import { QuietText } from '../../components/quiet-text.tsx';
import { SourceText } from '../../components/source-text.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import type { Prompt } from './read-prompt.ts';

/** A prompt to read: a chat message by message. */
export function PromptText({ prompt }: { readonly prompt: Prompt }) {
  const { t } = useMessages();
  const { text, messages } = prompt;
  if (text === '') return <QuietText>{t('prompts.noText')}</QuietText>;
  if (messages === undefined) return <SourceText text={text} />;
  const numbered = messages.map((message, number) => ({ ...message, number }));
  return (
    <Stack gap="sm">
      {numbered.map(({ role, content, number }) => (
        <div key={number}>
          <Text size="xs" fw={600} c="dimmed">
            {role}
          </Text>
          <SourceText text={content} />
        </div>
      ))}
    </Stack>
  );
}
