import { useEffect } from "preact/hooks";
import { stateOf } from "../../../server/state";
import { Switch } from "../../../parts/switch";
import { Field, Form, NumberField, PromptField, RunRow, SelectField } from "../fields";
import { ModelSelect } from "../model-select";
import { remembered } from "../remembered";
import { Recordings } from "./recordings";
import { FORMATS } from "./rules";
import { forget, job, leaveVoices, loadVoices, prefs, speak, text } from "./state";
import { VoiceField } from "./voice-field";
import { t } from "./words";

export default function Speech() {
  const model = remembered.speech.value;
  const hindrance = model === "" ? t.needModel : text.value.trim() === "" ? t.needText : "";
  useVoicesOfReady(model);
  const clear = (): void => {
    text.value = "";
    job.failure.value = null;
    forget();
  };
  return (
    <div class="play-two">
      <section class="card play-form">
        <Form label={t.form} onSubmit={() => void speak()}>
          <ModelSelect
            area="speech"
            capability="audio_speech"
            value={model}
            onChange={(chosen) => {
              remembered.speech.value = chosen;
              leaveVoices();
            }}
          />
          <VoiceField model={model} />
          <PromptField label={t.text} placeholder={t.textHint} value={text.value} onInput={(value) => (text.value = value)} />
          <div class="play-pair">
            <NumberField label={t.speed} min={0.25} max={4} step={0.05} value={prefs.speed.value} onChange={(value) => (prefs.speed.value = value)} />
            <SelectField label={t.format} value={prefs.format.value} options={[["", t.standard], ...FORMATS]} onChange={(value) => (prefs.format.value = value)} />
          </div>
          <Field label={t.instructions}>
            <input value={prefs.instructions.value} placeholder={t.instructionsHint} onInput={(event) => (prefs.instructions.value = event.currentTarget.value)} />
          </Field>
          <Switch label={t.autoplay} on={prefs.autoplay.value} onChange={(on) => (prefs.autoplay.value = on)} />
          <RunRow job={job} label={t.speak} doing={t.speaking} hindrance={hindrance} onClear={clear} />
        </Form>
      </section>
      <Recordings />
    </div>
  );
}

/** A model that runs is asked for its voices when nobody has asked it yet; asking another would load it. */
function useVoicesOfReady(model: string): void {
  const ready = model !== "" && stateOf(model) === "ready" && prefs.voices.value[model] === undefined;
  useEffect(() => {
    if (ready) void loadVoices(model);
  }, [model, ready]);
}
