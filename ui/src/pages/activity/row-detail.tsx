import { ask, linkTo } from "../../app/router";
import { count, seconds } from "../../lib/format";
import { Button } from "../../parts/button";
import { CopyButton } from "../../parts/copy-button";
import { local } from "../../server/state";
import { may } from "../../server/session";
import { when, type Row } from "./rows";
import { t } from "./words";

/** Everything that is known of a request that has ended. */
export function RowDetail({ row }: { row: Row }) {
  const { tokens } = row;
  const known = (value: number): string => (value < 0 ? t.unknown : count(value));
  const facts: [string, string][] = [
    [t.table.detail.time, t.table.when(when(row))],
    [t.table.detail.duration, seconds(row.duration_ms)],
    [t.table.detail.path, row.req_path || t.none],
    [t.table.detail.type, row.resp_content_type || t.none],
    [t.table.detail.tokens, t.table.tokens(known(tokens.input_tokens), known(tokens.cache_tokens), known(tokens.output_tokens))],
    ...Object.entries(row.metadata ?? {}),
  ];
  return (
    <div class="stack">
      {row.error_msg && (
        <div class="problem">
          <span class="grow row-error">{row.error_msg}</span>
          <CopyButton text={() => row.error_msg ?? ""} icon />
        </div>
      )}
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="row">
        {row.has_capture && may("admin") && (
          <Button small icon="eye" onClick={() => ask({ capture: String(row.id) }, false)}>
            {t.table.viewCapture}
          </Button>
        )}
        {local.value.has(row.model) && may("admin") && (
          <a class="button button-small" href={linkTo(["models", row.model], { tab: "logs" })}>
            {t.table.log}
          </a>
        )}
      </div>
    </div>
  );
}
