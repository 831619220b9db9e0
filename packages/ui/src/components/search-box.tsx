import { TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';

interface SearchBoxProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onApply: (text: string) => void;
}

const restMs = 400;

/** A field for words, which are sent when typing rests, or with Enter. */
export function SearchBox({ label, placeholder, value, onApply }: SearchBoxProps) {
  const [typed, setTyped] = useState(value);
  const [sent, setSent] = useState(value);
  // Somebody went back, or chose a view: what was typed is not asked any more.
  if (sent !== value) {
    setSent(value);
    setTyped(value);
  }
  useEffect(() => {
    if (typed.trim() === value) return;
    const rest = setTimeout(() => onApply(typed.trim()), restMs);
    return () => clearTimeout(rest);
  }, [typed, value, onApply]);
  return (
    <TextInput
      type="search"
      data-filter-line
      aria-label={label}
      placeholder={placeholder}
      maxLength={500}
      w={220}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onApply(typed.trim());
      }}
    />
  );
}
