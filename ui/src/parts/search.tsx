import { Icon } from "./icon";

/** A field that narrows what is shown while one types. */
export function SearchField({ value, label, onInput }: { value: string; label: string; onInput: (value: string) => void }) {
  return (
    <label class="search">
      <Icon name="search" />
      <span class="off-screen">{label}</span>
      <input type="search" value={value} placeholder={label} onInput={(event) => onInput(event.currentTarget.value)} />
    </label>
  );
}
