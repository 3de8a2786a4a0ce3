import type { JSX } from 'preact';

/** Narrows a list to what mentions the text. */
export function SearchField({
  label,
  value,
  onInput,
}: {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
}): JSX.Element {
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      value={value}
      spellcheck={false}
      onInput={({ currentTarget }) => onInput(currentTarget.value)}
    />
  );
}

/** Narrows a list to one value of many. */
export function Choice({
  label,
  value,
  options,
  any = 'any',
  onChoose,
}: {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  /** Said of the choice that narrows nothing. */
  readonly any?: string;
  readonly onChoose: (value: string) => void;
}): JSX.Element {
  // What was chosen stays a choice when nothing has it any more.
  const all = value === '' || options.includes(value) ? options : [value, ...options];
  return (
    <label class="choice">
      <span>{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        <option value="">{any}</option>
        {all.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}
