import { useSignal } from "@preact/signals";
import { LONGEST_TITLE, MODES, PALETTES, look, titleOf, titleShown, type Mode, type Palette } from "../../app/look";
import { Card } from "../../parts/card";
import { Icon } from "../../parts/icon";
import { Switch } from "../../parts/switch";
import { t } from "./words";

/** How these pages look. */
export function Appearance() {
  return (
    <Card title={t.look}>
      <div class="stack settings-form">
        <TitleField />
        <ModeChoice />
        <PaletteChoice />
        <div class="stack settings-switches">
          <Switch on={look.showCapabilities.value} label={t.capabilities} onChange={(on) => (look.showCapabilities.value = on)} />
          <Switch on={look.showUnlisted.value} label={t.unlisted} onChange={(on) => (look.showUnlisted.value = on)} />
        </div>
      </div>
    </Card>
  );
}

function TitleField() {
  const typed = useSignal<string | null>(null);
  const commit = (): void => {
    if (typed.value !== null) look.title.value = titleOf(typed.value);
    typed.value = null;
  };
  return (
    <label class="field">
      <span>{t.title}</span>
      <input
        value={typed.value ?? titleShown()}
        maxLength={LONGEST_TITLE}
        onInput={(event) => (typed.value = event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === "Enter" && commit()}
      />
      <span class="field-note">{t.titleNote(LONGEST_TITLE)}</span>
    </label>
  );
}

function ModeChoice() {
  const choose = (mode: Mode): void => {
    look.mode.value = mode;
  };
  return (
    <fieldset class="field">
      <legend class="field-name">{t.mode}</legend>
      <div class="mode-choice">
        {MODES.map((mode) => (
          <label key={mode}>
            <input type="radio" name="mode" checked={look.mode.value === mode} onChange={() => choose(mode)} />
            <span>
              <Icon name={mode} />
              {t.modes[mode]}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function PaletteChoice() {
  const choose = (palette: Palette): void => {
    look.palette.value = palette;
  };
  return (
    <fieldset class="field">
      <legend class="field-name">{t.palette}</legend>
      <div class="settings-palettes">
        {PALETTES.map((palette) => (
          <label key={palette} class="settings-palette">
            <input type="radio" name="palette" checked={look.palette.value === palette} onChange={() => choose(palette)} />
            <span>
              <span class="settings-drop" data-palette={palette} aria-hidden="true" />
              {t.palettes[palette]}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
