import type { Signal } from "@preact/signals";
import { IconButton } from "../../../parts/button";
import { listed } from "../catalogue";
import { lacks } from "../choices";
import { Field, NumberField } from "../fields";
import { mask, prefs, source } from "./state";
import { t } from "./words";

/** An image to begin with, where the model can change one. */
export function SourceFields({ model }: { model: string }) {
  if (model !== "" && lacks(listed.value ?? [], model, "image_to_image")) return <p class="field-note">{t.notAble(model)}</p>;
  return (
    <details class="play-more" open={source.value !== null}>
      <summary>{t.source}</summary>
      <ImageField label={t.source} note={t.sourceNote} file={source} />
      {source.value && <ImageField label={t.mask} note={t.maskNote} file={mask} />}
      {source.value && prefs.api.value === "sdapi" && (
        <NumberField label={t.strength} note={t.strengthNote} min={0} max={1} step={0.05} value={prefs.strength.value} onChange={(value) => (prefs.strength.value = value)} />
      )}
    </details>
  );
}

function ImageField({ label, note, file }: { label: string; note: string; file: Signal<File | null> }) {
  const chosen = file.value;
  if (chosen) {
    return (
      <div class="play-file">
        <span class="cut grow">{chosen.name}</span>
        <IconButton icon="close" small label={t.remove(chosen.name)} onClick={() => (file.value = null)} />
      </div>
    );
  }
  return (
    <Field label={label} note={note}>
      <input type="file" accept="image/png,image/jpeg,image/webp" onChange={(event) => (file.value = event.currentTarget.files?.[0] ?? null)} />
    </Field>
  );
}
