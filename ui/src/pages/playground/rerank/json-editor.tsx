import { fixed } from "../../../lib/format";
import { asked, inOrder, type Mistake } from "./rules";
import { documents, json, mistake, ranking, takeJson } from "./state";
import { t } from "./words";

/** Query and documents as text; what is wrong with it stands below. */
export function JsonEditor() {
  const wrong = mistake.value;
  return (
    <>
      <label class="field">
        <span>{t.editor}</span>
        <textarea
          class="mono"
          rows={16}
          spellcheck={false}
          value={json.value}
          aria-invalid={wrong ? "true" : undefined}
          aria-describedby="rerank-json-note"
          onInput={(event) => {
            json.value = event.currentTarget.value;
            if (mistake.peek()) takeJson();
          }}
          onBlur={takeJson}
        />
      </label>
      <p id="rerank-json-note" class={wrong ? "field-problem" : "field-note"} role="status">
        {wrong ? said(wrong) : t.editorNote}
      </p>
      {!wrong && <Scores />}
    </>
  );
}

function Scores() {
  const scores = ranking.value?.scores;
  if (!scores) return null;
  return (
    <ol class="play-ranked">
      {inOrder(asked(documents.value), scores, "descending").map(({ id, text }) => (
        <li key={id}>
          <span class="play-score-number">{fixed(scores.get(id) ?? 0, 3)}</span> {text}
        </li>
      ))}
    </ol>
  );
}

function said({ is, detail }: Mistake): string {
  switch (is) {
    case "json":
      return t.notJson(detail);
    case "object":
      return t.notObject;
    case "query":
      return t.badQuery;
    case "documents":
      return t.badDocuments;
    case "document":
      return t.badDocument(Number(detail));
    case "key":
      return t.unknownKey(detail);
  }
}
