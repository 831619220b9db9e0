import { type KeyboardEvent, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useMessages } from '../../messages/use-messages.tsx';
import { completeFilter, placeAt } from './complete-filter.ts';
import { checkFilter, type FilterLanguage, type FilterWord } from './filter-language.ts';
import { useFilterWords } from './use-filter-words.ts';
import './filter-input.css';

interface FilterInputProps<Field> {
  readonly label: string;
  readonly placeholder: string;
  /** The filter in force. */
  readonly value: string;
  /** Told of a filter that can be sent. */
  readonly onApply: (filter: string) => void;
  /** Completes words and marks faults; without it the server alone judges. */
  readonly language?: FilterLanguage<Field> | undefined;
}

/**
 * A line for a filter (combobox of ARIA 1.2 with a list): arrows choose among the words that may follow, Tab takes the first or
 * the chosen, Enter the chosen or sends, Escape closes the list. A fault is marked where it is.
 */
export function FilterInput<Field>({
  label,
  placeholder,
  value,
  onApply,
  language,
}: FilterInputProps<Field>) {
  const { t } = useMessages();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const marks = useRef<HTMLDivElement>(null);
  const [draft, setDraft] = useState(value);
  const [caret, setCaret] = useState(0);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const [sent, setSent] = useState(false);
  /** Where the caret is put once the draft is drawn. */
  const caretTo = useRef<number>(undefined);

  useEffect(() => setDraft(value), [value]);
  useLayoutEffect(() => {
    if (caretTo.current !== undefined) field.current?.setSelectionRange(caretTo.current, caretTo.current);
    caretTo.current = undefined;
    followScroll();
  });

  const problem = useMemo(
    () => (language === undefined ? undefined : checkFilter(draft, language)),
    [draft, language],
  );
  const place = useMemo(
    () => (open && language !== undefined ? placeAt(draft, caret, language) : undefined),
    [open, draft, caret, language],
  );
  const words = useFilterWords(place, language);
  const listed = open && words.length > 0;
  const shown =
    problem !== undefined && (sent || problem.fault.end < draft.trimEnd().length) && !(listed && !sent)
      ? problem
      : undefined;

  return (
    <div className="filter-input">
      <div className="filter-marks" ref={marks} aria-hidden="true">
        {shown ? (
          <>
            {draft.slice(0, shown.fault.start)}
            <mark>{draft.slice(shown.fault.start, shown.fault.end) || '\u00a0\u00a0'}</mark>
            {draft.slice(shown.fault.end)}
          </>
        ) : null}
      </div>
      <input
        ref={field}
        className="filter-field"
        role="combobox"
        data-filter-line
        aria-keyshortcuts="/"
        aria-label={label}
        aria-autocomplete="list"
        aria-expanded={listed}
        aria-controls={`${id}-words`}
        aria-invalid={shown !== undefined}
        {...(listed && chosen >= 0 ? { 'aria-activedescendant': `${id}-${chosen}` } : {})}
        {...(shown ? { 'aria-describedby': `${id}-problem` } : {})}
        placeholder={placeholder}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={draft}
        onChange={({ currentTarget }) => {
          setDraft(currentTarget.value);
          setSent(false);
          lookAt(currentTarget);
        }}
        onSelect={({ currentTarget }) => setCaret(currentTarget.selectionStart ?? currentTarget.value.length)}
        onClick={({ currentTarget }) => lookAt(currentTarget)}
        onScroll={followScroll}
        onKeyDown={onKey}
        onBlur={() => {
          setOpen(false);
          apply();
        }}
      />
      {listed ? (
        <div className="filter-words" id={`${id}-words`} role="listbox" aria-label={t('filter.words')}>
          {words.map((word, index) => (
            <div
              key={word.text}
              id={`${id}-${index}`}
              className="filter-word"
              role="option"
              aria-selected={index === chosen}
              // The line keeps the focus, and its keys.
              tabIndex={-1}
              onMouseDown={(event) => {
                event.preventDefault();
                take(word);
              }}
              ref={index === chosen ? intoView : null}
            >
              <span>{word.text}</span>
              {word.hint ? <span className="faint">{word.hint}</span> : null}
            </div>
          ))}
        </div>
      ) : null}
      <p className="filter-problem" id={`${id}-problem`} aria-live="polite" hidden={shown === undefined}>
        {shown ? t('filter.problem', { place: shown.fault.start + 1, problem: shown.text }) : null}
      </p>
    </div>
  );

  function lookAt(input: HTMLInputElement): void {
    setCaret(input.selectionStart ?? input.value.length);
    setOpen(language !== undefined);
    setChosen(-1);
  }

  function onKey(event: KeyboardEvent<HTMLInputElement>): void {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (!listed) {
        lookAt(event.currentTarget);
        return;
      }
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setChosen((chosen + step + (chosen < 0 && step < 0 ? 1 : 0) + words.length) % words.length);
    } else if (event.key === 'Tab' && !event.shiftKey && listed && draft.trim() !== '') {
      event.preventDefault();
      take(words[Math.max(0, chosen)]);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (listed && chosen >= 0) {
        take(words[chosen]);
        return;
      }
      setOpen(false);
      apply();
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      setOpen(false);
    }
  }

  function take(word: FilterWord | undefined): void {
    if (word === undefined || place === undefined) return;
    const completed = completeFilter(draft, place, word.text);
    caretTo.current = completed.caret;
    setDraft(completed.text);
    setCaret(completed.caret);
    setChosen(-1);
    setSent(false);
  }

  /** A filter that would be refused is not sent: its fault is marked. */
  function apply(): void {
    const filter = draft.trim();
    setSent(true);
    if (problem === undefined && filter !== value) onApply(filter);
  }

  function followScroll(): void {
    if (marks.current && field.current) marks.current.scrollLeft = field.current.scrollLeft;
  }
}

function intoView(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest' });
}
