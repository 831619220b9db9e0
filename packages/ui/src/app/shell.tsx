import { ActionIcon, AppShell, Box, Group, NavLink, ScrollArea, Stack, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Suspense } from 'react';
import { Link, Outlet, useLocation } from 'react-router';
import { useSession } from '../api/session.tsx';
import { useProjectFilter } from '../api/use-project-filter.ts';
import { LoadingLines } from '../components/answered.tsx';
import { MenuIcon, PathIcon, SignOutIcon } from '../components/icons.tsx';
import { useMessages } from '../messages/use-messages.tsx';
import { Brand } from './brand.tsx';
import { LanguageSwitch } from './language-switch.tsx';
import { navigation } from './navigation.ts';
import { PaletteButton } from './palette/palette-button.tsx';
import { ProjectSwitch } from './project-switch.tsx';
import { SchemeSwitch } from './scheme-switch.tsx';
import './shell.css';

/** Frame of every signed-in page: rooms on the left, the page on the right. */
export function Shell() {
  const { t } = useMessages();
  const [menuOpen, menu] = useDisclosure(false);
  return (
    <AppShell
      layout="alt"
      padding={{ base: 'sm', sm: 'lg' }}
      header={{ height: { base: 44, sm: 0 } }}
      navbar={{ width: 212, breakpoint: 'sm', collapsed: { mobile: !menuOpen } }}
    >
      <button type="button" className="skip-link" onClick={() => document.getElementById('content')?.focus()}>
        {t('nav.skip')}
      </button>
      <AppShell.Header hiddenFrom="sm" px="sm">
        <Group h="100%" gap="sm">
          <ActionIcon variant="subtle" color="gray" onClick={menu.toggle} aria-label={t('nav.open')}>
            <MenuIcon />
          </ActionIcon>
          <Brand />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className="shell-nav" aria-label={t('nav.main')}>
        <Box px="sm" pt="sm" pb={8}>
          <Group justify="space-between">
            <Link to="/" className="shell-brand" onClick={menu.close}>
              <Brand />
            </Link>
            <ActionIcon
              hiddenFrom="sm"
              variant="subtle"
              color="gray"
              onClick={menu.close}
              aria-label={t('action.close')}
            >
              <MenuIcon />
            </ActionIcon>
          </Group>
          <Stack mt={10} gap={6}>
            <PaletteButton onOpen={menu.close} />
            <ProjectSwitch />
          </Stack>
        </Box>
        <ScrollArea className="shell-rooms">
          <Rooms onChoose={menu.close} />
        </ScrollArea>
        <Person />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className="shell-main">
        <Suspense fallback={<LoadingLines lines={10} />}>
          <Outlet />
        </Suspense>
      </AppShell.Main>
    </AppShell>
  );
}

function Rooms({ onChoose }: { readonly onChoose: () => void }) {
  const { t } = useMessages();
  const { me } = useSession();
  const { pathname } = useLocation();
  const project = useProjectFilter();
  const search = project ? `?project=${encodeURIComponent(project)}` : '';
  return (
    <>
      {navigation.map((group) => (
        <div key={group.title} className="shell-group">
          <Text size="xs" fw={600} px={12} mb={2} c="var(--ink-faint)">
            {t(group.title)}
          </Text>
          {group.entries
            .filter((entry) => me.permissions.includes(entry.permission))
            .map((entry) => {
              const active = entry.places.some(
                (place) => pathname === place || pathname.startsWith(`${place}/`),
              );
              return (
                <NavLink
                  key={entry.to}
                  component={Link}
                  to={`${entry.to}${entry.byProject ? search : ''}`}
                  label={t(entry.label)}
                  leftSection={<PathIcon path={entry.icon} />}
                  active={active}
                  {...(active ? { 'aria-current': 'page' as const } : {})}
                  onClick={onChoose}
                  className="shell-link"
                />
              );
            })}
        </div>
      ))}
    </>
  );
}

function Person() {
  const { t } = useMessages();
  const { me, signOut } = useSession();
  return (
    <Box className="shell-person">
      <Group justify="space-between" wrap="nowrap" gap={6}>
        <Box miw={0}>
          <Text size="sm" fw={600} truncate>
            {me.name}
          </Text>
          <Text size="xs" c="dimmed" truncate title={t('shell.workspace', { workspace: me.workspace })}>
            {me.roles.join(', ')}
          </Text>
        </Box>
        <Tooltip label={t('shell.signOut')}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('shell.signOut')}
            onClick={() => void signOut()}
          >
            <SignOutIcon />
          </ActionIcon>
        </Tooltip>
      </Group>
      <Group justify="space-between" mt={6} wrap="nowrap">
        <LanguageSwitch />
        <SchemeSwitch />
      </Group>
    </Box>
  );
}
