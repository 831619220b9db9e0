import { ActionIcon, Tooltip, useMantineColorScheme } from '@mantine/core';
import { MoonIcon, SunIcon } from '../components/icons.tsx';
import { useDark } from '../components/use-dark.ts';
import { useMessages } from '../messages/use-messages.tsx';

/** Turns dark colours on and off; without a choice the page follows the system. */
export function SchemeSwitch() {
  const { t } = useMessages();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useDark();
  const label = t(dark ? 'shell.light' : 'shell.dark');
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={label}
        onClick={() => setColorScheme(dark ? 'light' : 'dark')}
      >
        {dark ? <SunIcon /> : <MoonIcon />}
      </ActionIcon>
    </Tooltip>
  );
}
