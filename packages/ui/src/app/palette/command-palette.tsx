import { Combobox, Modal, Text, TextInput, useCombobox } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { useMessages } from '../../messages/use-messages.tsx';
import './command-palette.css';
import { useDestinations } from './use-destinations.ts';

interface CommandPaletteProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** A line that leads to a page by its name: an experiment, a run, a model, an endpoint, a room. */
export function CommandPalette({ opened, onClose }: CommandPaletteProps) {
  const { t } = useMessages();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      withCloseButton={false}
      padding={0}
      size="lg"
      yOffset="12vh"
      aria-label={t('palette.title')}
      transitionProps={{ duration: 0 }}
    >
      <PaletteLine onClose={onClose} />
    </Modal>
  );
}

function PaletteLine({ onClose }: Pick<CommandPaletteProps, 'onClose'>) {
  const { t } = useMessages();
  const navigate = useNavigate();
  const [words, setWords] = useState('');
  const { groups, isLooking } = useDestinations(words);
  // The list stands open as long as the dialog does, and Escape closes both.
  const list = useCombobox({ opened: true, onDropdownClose: onClose });
  const { selectFirstOption } = list;
  const found = groups.flatMap(({ destinations }) => destinations.map(({ to }) => to)).join(' ');
  // Whenever others are found, Enter is to lead to the first of them.
  useEffect(() => {
    if (found !== '') selectFirstOption();
  }, [found, selectFirstOption]);
  return (
    <Combobox
      store={list}
      onOptionSubmit={(to) => {
        onClose();
        void navigate(to);
      }}
    >
      <Combobox.EventsTarget>
        <TextInput
          size="md"
          role="combobox"
          variant="unstyled"
          className="palette-line"
          aria-label={t('palette.title')}
          placeholder={t('palette.hint')}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          data-autofocus
        />
      </Combobox.EventsTarget>
      <Combobox.Options className="palette-list" aria-label={t('palette.title')}>
        {groups.map(({ title, destinations }) => (
          <Combobox.Group key={title} label={t(title)}>
            {destinations.map(({ to, title: name, note }) => (
              <Combobox.Option key={to} value={to} className="palette-option">
                <span>{name}</span>
                {note ? <span className="faint">{note}</span> : null}
              </Combobox.Option>
            ))}
          </Combobox.Group>
        ))}
        {groups.length === 0 ? (
          <Combobox.Empty>{isLooking ? t('state.loading') : t('palette.none')}</Combobox.Empty>
        ) : null}
      </Combobox.Options>
      <Text size="xs" c="dimmed" className="palette-keys">
        {t('palette.keys')}
      </Text>
    </Combobox>
  );
}
