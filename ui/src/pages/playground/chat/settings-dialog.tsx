import type { Signal } from "@preact/signals";
import { useId } from "preact/hooks";
import { count } from "../../../lib/format";
import { Button } from "../../../parts/button";
import { Dialog } from "../../../parts/dialog";
import { PROTOCOLS, type ProtocolName } from "./protocols";
import { EFFORTS, LIMITS, settings, type Effort } from "./settings";
import { t } from "./words";

/** How to ask. What is changed counts from the next question on. */
export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const { protocol, system, stop, effort } = settings;
  return (
    <Dialog
      title={t.settings}
      onClose={onClose}
      actions={
        <>
          <Button onClick={reset}>{t.reset}</Button>
          <Button look="primary" onClick={onClose}>
            {t.done}
          </Button>
        </>
      }
    >
      <label class="field">
        <span>{t.endpoint}</span>
        <select value={protocol.value} onChange={(event) => (protocol.value = event.currentTarget.value as ProtocolName)}>
          {Object.keys(PROTOCOLS).map((name) => (
            <option key={name} value={name}>
              {t.endpoints[name as ProtocolName]}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{t.system}</span>
        <textarea rows={3} value={system.value} placeholder={t.systemHint} onInput={(event) => (system.value = event.currentTarget.value)} />
      </label>
      <div class="chat-numbers">
        <NumberField label={t.temperature} of={settings.temperature} limits={LIMITS.temperature} step={0.05} />
        <NumberField label={t.maxTokens} of={settings.maxTokens} limits={LIMITS.maxTokens} step={1} />
        <NumberField label={t.topP} of={settings.topP} limits={LIMITS.topP} step={0.01} />
        <NumberField label={t.seed} of={settings.seed} limits={LIMITS.seed} step={1} />
      </div>
      <label class="field">
        <span>{t.effort}</span>
        <select value={effort.value} onChange={(event) => (effort.value = event.currentTarget.value as Effort)}>
          {EFFORTS.map((each) => (
            <option key={each} value={each}>
              {t.efforts[each || "none"]}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{t.stop}</span>
        <textarea rows={2} value={stop.value} placeholder={t.stopHint} onInput={(event) => (stop.value = event.currentTarget.value)} />
      </label>
    </Dialog>
  );
}

/** A number that may be left to the model; what is out of its limits is not taken. */
function NumberField({ label, of, limits: [least, most], step }: { label: string; of: Signal<number | null>; limits: readonly [number, number]; step: number }) {
  const hint = useId();
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="number"
        inputMode="decimal"
        min={least}
        max={most}
        step={step}
        placeholder={t.unset}
        aria-describedby={hint}
        value={of.value ?? ""}
        onInput={(event) => {
          const { value, valueAsNumber, validity } = event.currentTarget;
          if (value === "" && !validity.badInput) of.value = null;
          else if (valueAsNumber >= least && valueAsNumber <= most && (step !== 1 || Number.isInteger(valueAsNumber))) of.value = valueAsNumber;
        }}
      />
      <span class="field-note" id={hint}>
        {t.range(count(least), count(most))}
      </span>
    </label>
  );
}

function reset(): void {
  settings.protocol.value = "completions";
  settings.system.value = settings.stop.value = "";
  settings.temperature.value = 0.7;
  settings.maxTokens.value = 4096;
  settings.topP.value = settings.seed.value = null;
  settings.effort.value = "";
}
