import { useComputedColorScheme } from '@mantine/core';

/** Whether the page is dark: from its first drawing on, as there is no server that draws it before. */
export function useDark(): boolean {
  return useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark';
}
