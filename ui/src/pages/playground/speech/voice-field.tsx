import { ownOf } from "../../../lib/own";
import { IconButton } from "../../../parts/button";
import { Field } from "../fields";
import { USUAL_VOICES } from "./rules";
import { loadVoices, prefs, voicesLoading, voicesProblem } from "./state";
import { t } from "./words";

/** The voices of the model, as far as they are known. */
export function VoiceField({ model }: { model: string }) {
  const own = ownOf(prefs.voices.value, model);
  const voices: readonly string[] = own ?? USUAL_VOICES;
  const chosen = ownOf(prefs.voice.value, model) ?? "";
  return (
    <div class="stack play-voice">
      <div class="play-voice-row">
        <Field label={t.voice} note={own ? t.ownVoices(own.length) : t.usualVoices}>
          <select value={chosen} onChange={(event) => (prefs.voice.value = { ...prefs.voice.value, [model]: event.currentTarget.value })}>
            <option value="">{t.standard}</option>
            {chosen !== "" && !voices.includes(chosen) && <option value={chosen}>{chosen}</option>}
            {voices.map((voice) => (
              <option key={voice} value={voice}>
                {voice}
              </option>
            ))}
          </select>
        </Field>
        <IconButton icon="refresh" look="plain" label={t.loadVoices} busy={voicesLoading.value} disabled={model === "" || voicesLoading.value} onClick={() => void loadVoices(model)} />
      </div>
      {voicesProblem.value && (
        <p class="field-problem" role="alert">
          {voicesProblem.value}
        </p>
      )}
    </div>
  );
}
