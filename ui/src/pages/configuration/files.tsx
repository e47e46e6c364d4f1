import { useEffect } from "preact/hooks";
import { ask, asked } from "../../app/router";
import { ago } from "../../lib/format";
import { Button } from "../../parts/button";
import { Card, Empty } from "../../parts/card";
import { CopyButton } from "../../parts/copy-button";
import { Loading } from "../../parts/fetched";
import { useNow } from "../../parts/now";
import { messageOf } from "../../server/api";
import { close, open, openTrouble, original } from "./edited";
import { Editor } from "./editor";
import { unlocked } from "./key";
import type { Configuration, ConfigurationFile } from "./shown";
import { Unlock } from "./unlock";
import { t } from "./words";

/** The files of the configuration: to be edited, or how to have that. */
export function Files({ configuration }: { configuration: Configuration }) {
  const { edit, files } = configuration;
  const file = files.find(({ id }) => id === asked("file")) ?? files[0];
  if (!edit.allowed) {
    return (
      <div class="stack">
        <Off why={edit.why ?? "not-started-so"} />
        {files.length > 0 && <List files={files} />}
      </div>
    );
  }
  if (!file) return <Empty title={t.noFiles} />;
  return (
    <div class="stack">
      <div class="row">
        {files.length > 1 ? <Choice files={files} current={file} /> : <strong class="mono">{file.path}</strong>}
        <FileNote file={file} />
      </div>
      {!file.writable && <p class="hint">{t.readOnly(file.reason)}</p>}
      {file.writable && (unlocked.value ? <Opened key={file.id} file={file} /> : <Unlock key={file.id} id={file.id} />)}
    </div>
  );
}

function FileNote({ file: { size, modified } }: { file: ConfigurationFile }) {
  return <span class="card-note">{t.fileNote(size, ago(modified * 1000, useNow()))}</span>;
}

function Opened({ file }: { file: ConfigurationFile }) {
  useEffect(() => {
    void open(file.id);
    return close;
  }, [file.id]);
  if (openTrouble.value !== null) {
    return (
      <Empty title={t.openFailed}>
        <p role="alert">{messageOf(openTrouble.value)}</p>
        <Button icon="retry" onClick={() => void open(file.id)}>
          {t.retry}
        </Button>
      </Empty>
    );
  }
  return original.value ? <Editor name={file.name} /> : <Loading />;
}

function Choice({ files, current }: { files: readonly ConfigurationFile[]; current: ConfigurationFile }) {
  return (
    <label class="field-inline">
      <span>{t.file}</span>
      <select value={current.id} onChange={(event) => ask({ file: event.currentTarget.value })}>
        {files.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function List({ files }: { files: readonly ConfigurationFile[] }) {
  return (
    <Card title={t.files}>
      <ul class="config-files">
        {files.map((file) => (
          <li key={file.id}>
            <span class="mono">{file.path}</span>
            <FileNote file={file} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Why nothing can be edited, and what to do about it. */
function Off({ why }: { why: NonNullable<Configuration["edit"]["why"]> }) {
  const code = {
    "not-started-so": t.off.command,
    "no-key": t.off.keys,
    host: t.off.hosts(location.host),
    "no-files": "",
  }[why];
  return (
    <Card title={t.off.title}>
      <div class="stack">
        <p>{t.off.risk}</p>
        <p>{t.off[why]}</p>
        {code !== "" && (
          <div class="config-code">
            <pre tabIndex={0}>{code}</pre>
            <CopyButton icon text={() => code} />
          </div>
        )}
      </div>
    </Card>
  );
}
