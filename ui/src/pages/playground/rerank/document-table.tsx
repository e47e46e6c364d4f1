import { fixed } from "../../../lib/format";
import { Button, IconButton } from "../../../parts/button";
import { submitOnEnter } from "../fields";
import { inOrder, nextSort, type Doc } from "./rules";
import { documents, edit, job, pending, ranking, remove, sort } from "./state";
import { t } from "./words";

/** The documents with their scores, and an empty one at the end. */
export function DocumentTable() {
  const scores = ranking.value?.scores ?? new Map<number, number>();
  const all = documents.value;
  const order = sort.value;
  const shown = [...inOrder(all.slice(0, -1), scores, order), ...all.slice(-1)];
  const numbers = new Map(all.map(({ id }, at) => [id, at + 1]));
  const best = Math.max(...[...scores.values()].map(Math.abs), Number.MIN_VALUE);
  return (
    <div class="table-box play-documents">
      <table>
        <thead>
          <tr>
            <th class="number">#</th>
            <th>{t.documents}</th>
            <th aria-sort={order}>
              <Button small look="quiet" icon={order === "none" ? "down" : order} title={t.sort} onClick={() => (sort.value = nextSort(order))}>
                {t.score}
                <span class="off-screen">{t.sorted[order]}</span>
              </Button>
            </th>
            <th>
              <span class="off-screen">{t.removing}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((document) => (
            <Row key={document.id} document={document} number={numbers.get(document.id) ?? 0} score={scores.get(document.id)} best={best} last={document === all.at(-1)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ document: { id, text }, number, score, best, last }: { document: Doc; number: number; score: number | undefined; best: number; last: boolean }) {
  return (
    <tr>
      <td class="number muted">{last ? "" : number}</td>
      <td class="play-document">
        <textarea
          rows={1}
          value={text}
          aria-label={last ? t.newDocument : t.document(number)}
          placeholder={last ? t.newDocument : ""}
          onInput={(event) => edit(id, event.currentTarget.value)}
          onKeyDown={submitOnEnter}
        />
      </td>
      <td class="play-score">{job.running.value && pending.value.has(id) ? <Pending /> : <Score score={score} best={best} />}</td>
      <td>{!last && <IconButton icon="trash" small label={t.remove(number)} onClick={() => remove(id)} />}</td>
    </tr>
  );
}

function Pending() {
  return (
    <>
      <span class="spinner" aria-hidden="true" />
      <span class="off-screen">{t.pending}</span>
    </>
  );
}

/** The number, and a bar as long as it is large beside the largest. */
function Score({ score, best }: { score: number | undefined; best: number }) {
  if (score === undefined) return <span class="off-screen">{t.unscored}</span>;
  return (
    <>
      <span class="play-score-number">{fixed(score, 3)}</span>
      <span class="play-score-bar" aria-hidden="true">
        <span class={score < 0 ? "is-bad" : "is-good"} style={{ width: `${(Math.abs(score) / best) * 100}%` }} />
      </span>
    </>
  );
}
