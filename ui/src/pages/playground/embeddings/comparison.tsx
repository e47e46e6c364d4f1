import { Figure } from "../../../parts/figure";
import { count, duration, fixed } from "../../../lib/format";
import { download } from "../../../lib/download";
import { Button } from "../../../parts/button";
import { Card, Empty } from "../../../parts/card";
import { Failure } from "../failure";
import { closest, cosine, norm } from "./rules";
import { compared, embed, job, type Compared } from "./state";
import { t } from "./words";

const SHOWN = 4;

export function Comparison() {
  const current = compared.value;
  return (
    <Card title={t.result} note={current?.model} class="play-results" actions={current && <Download of={current} />}>
      <Failure of={job.failure.value} onRetry={() => void embed()} />
      {current ? (
        <>
          <Figures of={current} />
          {current.vectors.length > 1 && <Matrix of={current} />}
          <Vectors of={current} />
        </>
      ) : (
        job.failure.value === null && <Empty title={t.emptyTitle}>{t.empty}</Empty>
      )}
    </Card>
  );
}

function Download({ of: { model, texts, vectors } }: { of: Compared }) {
  const content = (): string => JSON.stringify({ model, data: texts.map((text, at) => ({ text, embedding: vectors[at] })) });
  return (
    <Button small icon="download" onClick={() => download("embeddings.json", content(), "application/json")}>
      {t.download}
    </Button>
  );
}

function Figures({ of: { vectors, tokens, ms } }: { of: Compared }) {
  const near = closest(vectors);
  return (
    <>
      <div class="figures">
        <Figure name={t.dimension} value={count(vectors[0]?.length ?? 0)} />
        {tokens !== null && <Figure name={t.tokens} value={count(tokens)} />}
        <Figure name={t.took} value={duration(ms)} />
      </div>
      <p role="status">{near && t.closest(near.one + 1, near.other + 1, fixed(near.value, 4))}</p>
    </>
  );
}

/** Every text beside every other; the number is the value, the shade only helps the eye. */
function Matrix({ of: { vectors } }: { of: Compared }) {
  const least = Math.min(...vectors.flatMap((one) => vectors.map((other) => cosine(one, other))));
  return (
    <div>
      <h3>{t.similarity}</h3>
      <div class="table-box" tabIndex={0} role="region" aria-label={t.similarity}>
        <table class="play-matrix">
          <thead>
            <tr>
              <td />
              {vectors.map((_, at) => (
                <th scope="col" key={at}>
                  {t.text(at + 1)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {vectors.map((one, row) => (
              <tr key={row}>
                <th scope="row">{t.text(row + 1)}</th>
                {vectors.map((other, column) => {
                  const value = cosine(one, other);
                  return (
                    <td key={column} style={{ "--share": `${shade(value, least)}%` }} title={t.between(row + 1, column + 1, fixed(value, 4))}>
                      {fixed(value, 4)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** Percent of the full shade, which is that of 1; the least has a tenth of it. */
function shade(value: number, least: number): number {
  return least < 1 ? 10 + (90 * (value - least)) / (1 - least) : 100;
}

function Vectors({ of: { vectors, texts } }: { of: Compared }) {
  return (
    <div>
      <h3>{t.vectors}</h3>
      <div class="table-box" tabIndex={0} role="region" aria-label={t.vectors}>
        <table>
          <thead>
            <tr>
              <th>{t.texts}</th>
              <th class="number">{t.norm}</th>
              <th>{t.begins}</th>
            </tr>
          </thead>
          <tbody>
            {vectors.map((vector, at) => (
              <tr key={at}>
                <td>
                  <span class="play-cut">{texts[at]}</span>
                </td>
                <td class="number">{fixed(norm(vector), 4)}</td>
                <td class="mono nowrap muted">{vector.slice(0, SHOWN).map((value) => fixed(value, 4)).join(", ")} …</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
