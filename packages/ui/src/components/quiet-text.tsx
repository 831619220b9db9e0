import { Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** A sentence where a table or a chart would stand if there were anything to show. */
export function QuietText({ children }: { readonly children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed" className="quiet-text">
      {children}
    </Text>
  );
}
