import { Box, Group, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import './panel.css';

interface PanelProps {
  readonly title?: ReactNode;
  readonly hint?: ReactNode;
  readonly actions?: ReactNode;
  /** Content reaches the border: tables do. */
  readonly flush?: boolean;
  readonly children: ReactNode;
}

/** A bordered part of a page with a heading. */
export function Panel({ title, hint, actions, flush = false, children }: PanelProps) {
  return (
    <section className="panel">
      {title ? (
        <Group className="panel-head" justify="space-between" gap="sm">
          <Box className="panel-title">
            <Title order={2}>{title}</Title>
            {hint ? (
              <Text size="xs" c="dimmed">
                {hint}
              </Text>
            ) : null}
          </Box>
          {actions ? <Group gap="xs">{actions}</Group> : null}
        </Group>
      ) : null}
      <div className={flush ? 'panel-body panel-flush' : 'panel-body'}>{children}</div>
    </section>
  );
}
