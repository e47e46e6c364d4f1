import { useSignal } from "@preact/signals";
import { TypedInput } from "../../parts/typed";
import { idOf, type Filters } from "./filters";
import { t } from "./words";

/** Bounds of IDs, and the name of an API key; taken when one leaves the field. */
export function IdsAndKey({ filters, onChange }: { filters: Filters; onChange: (part: Partial<Filters>) => void }) {
  const commitKey = (text: string): boolean => {
    onChange({ key: text.trim() });
    return true;
  };
  return (
    <div class="filter-fields">
      <IdField label={t.filters.minId} value={filters.minId} onChange={(minId) => onChange({ minId })} />
      <IdField label={t.filters.maxId} value={filters.maxId} onChange={(maxId) => onChange({ maxId })} />
      <label class="field">
        <span>{t.filters.key}</span>
        <TypedInput value={filters.key} commit={commitKey} />
      </label>
    </div>
  );
}

/** What is no ID is marked, and changes nothing. */
function IdField({ label, value, onChange }: { label: string; value: number | null; onChange: (id: number | null) => void }) {
  const wrong = useSignal(false);
  const commit = (text: string): boolean => {
    const id = idOf(text);
    wrong.value = text.trim() !== "" && id === null;
    if (!wrong.value) onChange(id);
    return !wrong.value;
  };
  return (
    <label class="field">
      <span>{label}</span>
      <TypedInput inputMode="numeric" value={String(value ?? "")} aria-invalid={wrong.value} commit={commit} />
    </label>
  );
}
