import { useMemo } from "preact/hooks";
import { counts, diff, hunks, type Line } from "./diff";
import { t } from "./words";

const SIGNS = { same: " ", gone: "−", new: "+" } as const;
const SPOKEN = { same: "", gone: t.lineRemoved, new: t.lineAdded } as const;

/** The lines that differ, with some around them. */
export function DiffView({ before, after }: { before: string; after: string }) {
  const lines = useMemo(() => diff(before, after), [before, after]);
  const { added, removed } = counts(lines);
  return (
    <section class="stack" aria-label={t.text}>
      <h3>
        {t.text} <span class="card-note">{t.lineCounts(added, removed)}</span>
      </h3>
      <div class="config-diff mono" tabIndex={0} role="group" aria-label={t.text}>
        {hunks(lines).map((hunk, index) => (
          <div class="config-diff-hunk" key={index}>
            {hunk.map((line, number) => (
              <Row key={number} line={line} />
            ))}
          </div>
        ))}
      </div>
    </section>
  );
}

function Row({ line }: { line: Line }) {
  return (
    <div class={`config-diff-line config-diff-${line.kind}`}>
      <span class="config-diff-number">{line.old || ""}</span>
      <span class="config-diff-number">{line.now || ""}</span>
      <span aria-hidden="true">{SIGNS[line.kind]}</span>
      {line.kind !== "same" && <span class="off-screen">{SPOKEN[line.kind]}</span>}
      <span>{line.text}</span>
    </div>
  );
}
