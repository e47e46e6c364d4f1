import { count } from "../../../lib/format";
import { Button } from "../../../parts/button";
import { Failure } from "../failure";
import { Form, RunRow } from "../fields";
import { ModelSelect } from "../model-select";
import { remembered } from "../remembered";
import { DocumentTable } from "./document-table";
import { JsonEditor } from "./json-editor";
import { asked } from "./rules";
import { documents, job, query, rank, ranking, show, showExamples, view } from "./state";
import { t } from "./words";

export default function Rerank() {
  const model = remembered.rerank.value;
  const table = view.value === "table";
  const result = ranking.value;
  return (
    <section class="card play-form play-wide">
      <Form label={t.form} onSubmit={() => void rank()}>
        <div class="play-bar">
          <ModelSelect area="rerank" capability="reranker" value={model} onChange={(chosen) => (remembered.rerank.value = chosen)} />
          <Views />
          <Button icon="retry" onClick={showExamples} disabled={!table}>
            {t.examples}
          </Button>
        </div>
        {table ? (
          <>
            <label class="field">
              <span>{t.query}</span>
              <input value={query.value} onInput={(event) => (query.value = event.currentTarget.value)} />
            </label>
            <DocumentTable />
          </>
        ) : (
          <JsonEditor />
        )}
        <div class="row">
          <RunRow job={job} label={t.rank} doing={t.ranking} hindrance={hindrance(model, table)} />
          {result && !job.running.value && (
            <span class="play-doing" role="status">
              {t.done(result.scores.size)} {result.tokens !== null && t.usage(count(result.tokens))}
            </span>
          )}
        </div>
        <Failure of={job.failure.value} onRetry={() => void rank()} />
      </Form>
    </section>
  );
}

/** The JSON text is looked at when it is sent. */
function hindrance(model: string, table: boolean): string {
  if (model === "") return t.needModel;
  if (!table) return "";
  if (query.value.trim() === "") return t.needQuery;
  return asked(documents.value).length === 0 ? t.needDocument : "";
}

function Views() {
  return (
    <div class="play-switch" role="group" aria-label={t.view}>
      {(["table", "json"] as const).map((each) => (
        <Button key={each} look="quiet" aria-pressed={view.value === each} onClick={() => view.value !== each && show(each)}>
          {t.views[each]}
        </Button>
      ))}
    </div>
  );
}
