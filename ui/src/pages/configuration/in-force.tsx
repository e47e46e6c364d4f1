import { useSignal } from "@preact/signals";
import { ask, asked } from "../../app/router";
import { Button } from "../../parts/button";
import { Card, Empty } from "../../parts/card";
import { CopyButton } from "../../parts/copy-button";
import { SearchField } from "../../parts/search";
import { Fold, Settings } from "./settings";
import { reading, read, type Configuration } from "./shown";
import { found, sectionsOf, settingsIn } from "./tree";
import { t } from "./words";

/** The settings in force: sections that fold, and a search. */
export function InForce({ configuration }: { configuration: Configuration }) {
  const text = asked("q");
  const open = useSignal({ all: false, times: 0 });
  const sections = found(sectionsOf(configuration.config, t.general), text);
  const fold = (all: boolean): void => {
    open.value = { all, times: open.value.times + 1 };
  };
  return (
    <div class="stack">
      <div class="row">
        <SearchField value={text} label={t.search} onInput={(q) => ask({ q })} />
        <span class="grow" />
        <Button small onClick={() => fold(!open.value.all)}>
          {open.value.all ? t.closeAll : t.openAll}
        </Button>
        <CopyButton label={t.copy} text={() => JSON.stringify(configuration.config, null, 2)} />
        <Button small icon="refresh" busy={reading.value} onClick={() => void read()}>
          {t.refresh}
        </Button>
      </div>
      <p class="field-note">
        {t.about} {t.masks}
      </p>
      <Warnings of={configuration.warnings} />
      <p class="off-screen" role="status">
        {text.trim() !== "" && t.settings(sections.reduce((sum, { nodes }) => sum + settingsIn(nodes), 0))}
      </p>
      {sections.length === 0 && (
        <Empty>
          <p>{t.nothingFound(text)}</p>
          <Button onClick={() => ask({ q: "" })}>{t.clear}</Button>
        </Empty>
      )}
      <div class="config-sections" key={`${open.value.times}`}>
        {sections.map(({ name, nodes }, index) => (
          <Fold
            key={name}
            title={name}
            note={t.settings(settingsIn(nodes))}
            open={open.value.times > 0 ? open.value.all : index === 0 || name === "models"}
            forced={text.trim() !== ""}
            top
          >
            <Settings nodes={nodes} open={open.value.all} forced={text.trim() !== ""} search={text} />
          </Fold>
        ))}
      </div>
    </div>
  );
}

function Warnings({ of }: { of: readonly string[] }) {
  if (of.length === 0) return null;
  return (
    <Card title={t.warnings(of.length)}>
      <ul class="config-warnings">
        {of.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </Card>
  );
}
