import { MantineThemeProvider } from '@mantine/core';
import { type ReactNode, useMemo } from 'react';
import { useMessages } from '../messages/use-messages.tsx';

/** Fields of numbers in the manner of the language: `0,6` where a comma parts the digits; a point is understood too. */
export function LocalTheme({ children }: { readonly children: ReactNode }) {
  const { language } = useMessages();
  const theme = useMemo(() => {
    const decimalSeparator =
      new Intl.NumberFormat(language).formatToParts(0.5).find(({ type }) => type === 'decimal')?.value ?? '.';
    const defaultProps = { size: 'xs', decimalSeparator, allowedDecimalSeparators: ['.', ','] };
    return { components: { NumberInput: { defaultProps } } };
  }, [language]);
  return (
    <MantineThemeProvider theme={theme} inherit>
      {children}
    </MantineThemeProvider>
  );
}
