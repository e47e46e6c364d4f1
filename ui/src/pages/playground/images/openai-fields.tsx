import { NumberField, SelectField } from "../fields";
import { SIZES } from "./requests";
import { prefs } from "./state";
import { t } from "./words";

const own = ["", t.standard] as const;

/** What the OpenAI API knows. */
export function OpenAiFields() {
  return (
    <>
      <div class="play-pair">
        <SelectField label={t.size} value={prefs.size.value} options={SIZES.map((size) => [size, size.replace("x", " × ")] as const)} onChange={(value) => (prefs.size.value = value)} />
        <NumberField label={t.count} min={1} max={8} value={prefs.n.value} onChange={(value) => (prefs.n.value = value)} />
      </div>
      <details class="play-more">
        <summary>{t.more}</summary>
        <div class="play-pair">
          <SelectField label={t.quality} value={prefs.quality.value} options={[own, "auto", "low", "medium", "high", "standard", "hd"]} onChange={(value) => (prefs.quality.value = value)} />
          <SelectField label={t.style} value={prefs.style.value} options={[own, "vivid", "natural"]} onChange={(value) => (prefs.style.value = value)} />
          <SelectField label={t.background} value={prefs.background.value} options={[own, "auto", "transparent", "opaque"]} onChange={(value) => (prefs.background.value = value)} />
          <SelectField label={t.format} value={prefs.format.value} options={[own, "png", "jpeg", "webp"]} onChange={(value) => (prefs.format.value = value)} />
        </div>
      </details>
    </>
  );
}
