import { useSignal } from "@preact/signals";
import { SearchField } from "../../parts/search";
import { models } from "../../server/state";
import { toggled } from "./filters";
import { t } from "./words";

/** So many models are searched rather than read. */
const MANY = 12;

/** Of which models rows are shown; those that are no more can be chosen by a link only. */
export function ModelChoice({ chosen, onChange }: { chosen: readonly string[]; onChange: (chosen: string[]) => void }) {
  const text = useSignal("");
  const all = [...new Set([...chosen, ...models.value.map(({ id }) => id)])].sort((one, other) => one.localeCompare(other, undefined, { numeric: true }));
  const found = all.filter((id) => id.toLowerCase().includes(text.value.trim().toLowerCase()));
  return (
    <>
      {all.length > MANY && <SearchField label={t.filters.findModel} value={text.value} onInput={(value) => (text.value = value)} />}
      {found.map((id) => (
        <label key={id}>
          <input type="checkbox" checked={chosen.includes(id)} onChange={() => onChange(toggled(chosen, id))} />
          {id}
        </label>
      ))}
      {all.length === 0 && <p class="muted">{t.filters.noModels}</p>}
    </>
  );
}
