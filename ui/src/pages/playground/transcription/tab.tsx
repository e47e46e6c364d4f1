import { Switch } from "../../../parts/switch";
import { Field, Form, NumberField, RunRow, SelectField } from "../fields";
import { ModelSelect } from "../model-select";
import { remembered } from "../remembered";
import { AudioField } from "./audio-field";
import { Result } from "./result";
import { RESPONSE_FORMATS } from "./rules";
import { file, job, prefs, prompt, take, transcribe, written } from "./state";
import { t } from "./words";

export default function Transcription() {
  const model = remembered.transcription.value;
  const hindrance = model === "" ? t.needModel : file.value === null ? t.needFile : "";
  const clear = (): void => {
    take(null);
    prompt.value = "";
    written.value = null;
    job.failure.value = null;
  };
  return (
    <div class="play-two">
      <section class="card play-form">
        <Form label={t.form} onSubmit={() => void transcribe()}>
          <ModelSelect area="transcription" capability="audio_transcriptions" value={model} onChange={(chosen) => (remembered.transcription.value = chosen)} />
          <AudioField />
          <div class="play-pair">
            <SelectField
              label={t.format}
              value={prefs.format.value}
              options={RESPONSE_FORMATS.map((format) => [format, t.formats[format]] as const)}
              onChange={(value) => (prefs.format.value = RESPONSE_FORMATS.find((each) => each === value) ?? "json")}
            />
            <Field label={t.language}>
              <input value={prefs.language.value} placeholder={t.languageHint} onInput={(event) => (prefs.language.value = event.currentTarget.value)} />
            </Field>
          </div>
          <details class="play-more">
            <summary>{t.more}</summary>
            <Field label={t.prompt}>
              <input value={prompt.value} placeholder={t.promptHint} onInput={(event) => (prompt.value = event.currentTarget.value)} />
            </Field>
            <NumberField label={t.temperature} min={0} max={1} step={0.1} value={prefs.temperature.value} onChange={(value) => (prefs.temperature.value = value)} />
            {prefs.format.value === "verbose_json" && <Switch label={t.words} on={prefs.words.value} onChange={(on) => (prefs.words.value = on)} />}
          </details>
          <RunRow job={job} label={t.transcribe} doing={t.transcribing} hindrance={hindrance} onClear={clear} />
        </Form>
      </section>
      <Result />
    </div>
  );
}
