import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { CommandLine } from './command-line.tsx';

interface EmptyStateProps {
  readonly title: string;
  readonly hint?: ReactNode;
  /** What to type to have something here. */
  readonly command?: string;
}

/** Nothing here yet, and how that changes. */
export function EmptyState({ title, hint, command }: EmptyStateProps) {
  return (
    <Stack align="center" gap={6} py="xl" px="md" ta="center">
      <Text fw={600}>{title}</Text>
      {hint ? (
        <Text size="sm" c="dimmed" maw={520}>
          {hint}
        </Text>
      ) : null}
      {command ? <CommandLine command={command} /> : null}
    </Stack>
  );
}
