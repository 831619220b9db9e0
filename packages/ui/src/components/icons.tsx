import type { ReactNode } from 'react';

function Icon({ size = 14, children }: { readonly size?: number; readonly children: ReactNode }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export function CopyIcon() {
  return (
    <Icon>
      <rect x="5.5" y="5.5" width="8" height="8" rx="1" />
      <path d="M10.500 3v-.5h-8v8h.5" />
    </Icon>
  );
}

export function CheckIcon() {
  return (
    <Icon>
      <path d="m3 8.500 3.500 3.500 6.500-8" />
    </Icon>
  );
}

export function MoonIcon() {
  return (
    <Icon>
      <path d="M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500Z" />
    </Icon>
  );
}

export function SunIcon() {
  return (
    <Icon>
      <circle cx="8" cy="8" r="2.800" />
      <path d="M8 1.500v1M8 13.500v1M1.500 8h1M13.500 8h1M3.400 3.400l.7.7M11.900 11.900l.7.7M3.400 12.600l.7-.7M11.900 4.100l.7-.7" />
    </Icon>
  );
}

export function SignOutIcon() {
  return (
    <Icon>
      <path d="M6 2.500H3v11h3M10.500 5l3 3-3 3M13.500 8H6.500" />
    </Icon>
  );
}

export function MenuIcon() {
  return (
    <Icon size={18}>
      <path d="M2.500 4h11M2.500 8h11M2.500 12h11" />
    </Icon>
  );
}

/** Navigation marks: one path each, drawn on a 16 by 16 grid. */
export function PathIcon({ path }: { readonly path: string }) {
  return (
    <Icon size={15}>
      <path d={path} />
    </Icon>
  );
}
