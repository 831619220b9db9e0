import { UnstyledButton } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import { PathIcon } from '../../components/icons.tsx';
import { useMessages } from '../../messages/use-messages.tsx';
import { CommandPalette } from './command-palette.tsx';
import './palette-button.css';

const lens = 'M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM10.300 10.300 14 14';

/** Opens the palette, as Ctrl K does everywhere; a slash goes to the line that narrows the page. */
export function PaletteButton({ onOpen }: { readonly onOpen: () => void }) {
  const { t } = useMessages();
  const [opened, palette] = useDisclosure(false, { onOpen });
  useHotkeys([['mod+K', palette.toggle]], [], true);
  useHotkeys([['/', focusFilter]]);
  return (
    <>
      <UnstyledButton className="palette-button" onClick={palette.open} aria-keyshortcuts="Control+K Meta+K">
        <PathIcon path={lens} />
        <span>{t('palette.button')}</span>
        <kbd>{isMac() ? '⌘K' : 'Ctrl K'}</kbd>
      </UnstyledButton>
      <CommandPalette opened={opened} onClose={palette.close} />
    </>
  );
}

function focusFilter(): void {
  document.querySelector<HTMLElement>('main [data-filter-line]')?.focus();
}

function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}
