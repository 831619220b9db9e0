import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useMessages } from '../messages/use-messages.tsx';
import { problemOf } from './problem.ts';

interface ErrorNoticeProps {
  readonly error: unknown;
  readonly title?: string;
  readonly retry?: () => void;
}

/** What went wrong, why, what to do, and the instance that finds it in the server's log. */
export function ErrorNotice({ error, title, retry }: ErrorNoticeProps) {
  const { t } = useMessages();
  const problem = problemOf(error, t);
  return (
    <Alert color="red" variant="light" title={title ?? problem.what} role="alert" my="xs">
      <Stack gap={4}>
        {title ? <Text size="sm">{problem.what}</Text> : null}
        {problem.why ? (
          <Text size="sm" c="dimmed">
            {problem.why}
          </Text>
        ) : null}
        {problem.todo ? <Text size="sm">{problem.todo}</Text> : null}
        <Group gap="sm">
          {problem.code ? (
            <Text size="xs" c="dimmed" className="mono">
              {problem.code}
            </Text>
          ) : null}
          {problem.instance ? (
            <Text size="xs" c="dimmed" className="mono">
              {t('state.instance', { instance: problem.instance })}
            </Text>
          ) : null}
          {retry ? (
            <Button variant="light" color="red" size="compact-xs" onClick={retry}>
              {t('state.retry')}
            </Button>
          ) : null}
        </Group>
      </Stack>
    </Alert>
  );
}
