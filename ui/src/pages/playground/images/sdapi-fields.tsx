import { Button, IconButton } from "../../../parts/button";
import { attempt } from "../../../parts/toasts";
import { Field, NumberField, SelectField } from "../fields";
import { SAMPLERS, SCHEDULERS, type ChosenLora } from "./requests";
import { chosenLoras, loadLoras, loras, negative, prefs } from "./state";
import { t } from "./words";

/** What the API of Stable Diffusion knows. */
export function SdapiFields({ model }: { model: string }) {
  const named = (names: readonly string[]): (readonly [string, string])[] => names.map((name) => [name, name || t.automatic]);
  return (
    <>
      <Field label={t.negative}>
        <textarea rows={2} value={negative.value} onInput={(event) => (negative.value = event.currentTarget.value)} />
      </Field>
      <div class="play-pair">
        <NumberField label={t.width} min={64} max={2048} step={8} value={prefs.width.value} onChange={(value) => (prefs.width.value = value)} />
        <NumberField label={t.height} min={64} max={2048} step={8} value={prefs.height.value} onChange={(value) => (prefs.height.value = value)} />
        <NumberField label={t.steps} min={1} max={150} value={prefs.steps.value} onChange={(value) => (prefs.steps.value = value)} />
        <NumberField label={t.cfg} min={1} max={30} step={0.5} value={prefs.cfg.value} onChange={(value) => (prefs.cfg.value = value)} />
        <NumberField label={t.seed} note={t.seedNote} min={-1} max={4294967295} value={prefs.seed.value} onChange={(value) => (prefs.seed.value = value)} />
        <NumberField label={t.count} min={1} max={8} value={prefs.batch.value} onChange={(value) => (prefs.batch.value = value)} />
        <SelectField label={t.sampler} value={prefs.sampler.value} options={named(SAMPLERS)} onChange={(value) => (prefs.sampler.value = value)} />
        <SelectField label={t.scheduler} value={prefs.scheduler.value} options={named(SCHEDULERS)} onChange={(value) => (prefs.scheduler.value = value)} />
      </div>
      <Loras model={model} />
    </>
  );
}

function Loras({ model }: { model: string }) {
  const known = loras.value;
  const left = (known ?? []).filter(({ path }) => !chosenLoras.value.some((chosen) => chosen.path === path));
  const add = (path: string): void => {
    const found = left.find((each) => each.path === path);
    if (found) chosenLoras.value = [...chosenLoras.value, { ...found, weight: 1 }];
  };
  return (
    <fieldset class="play-loras">
      <legend class="field-name">{t.loras}</legend>
      {chosenLoras.value.map((lora) => (
        <LoraRow key={lora.path} lora={lora} />
      ))}
      {left.length > 0 && (
        <select aria-label={t.addLora} value="" onChange={(event) => add(event.currentTarget.value)}>
          <option value="">{t.addLora}</option>
          {left.map(({ name, path }) => (
            <option key={path} value={path}>
              {name}
            </option>
          ))}
        </select>
      )}
      {known?.length === 0 && <p class="field-note">{t.noLoras}</p>}
      {known === null && (
        <Button small icon="refresh" disabled={model === ""} onClick={() => void attempt(t.lorasFailed, () => loadLoras(model))}>
          {t.loadLoras}
        </Button>
      )}
    </fieldset>
  );
}

function LoraRow({ lora }: { lora: ChosenLora }) {
  const weigh = (weight: number): void => {
    chosenLoras.value = chosenLoras.value.map((each) => (each.path === lora.path ? { ...each, weight } : each));
  };
  return (
    <div class="play-lora">
      <span class="cut">{lora.name}</span>
      <input type="range" min={0} max={2} step={0.1} value={lora.weight} aria-label={t.weight(lora.name)} onInput={(event) => weigh(Number(event.currentTarget.value))} />
      <output>{lora.weight.toFixed(1)}</output>
      <IconButton icon="close" small label={t.removeLora(lora.name)} onClick={() => (chosenLoras.value = chosenLoras.value.filter(({ path }) => path !== lora.path))} />
    </div>
  );
}
