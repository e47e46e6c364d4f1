import { contextSize, count, duration, speed } from "../../../lib/format";
import { contextUsed } from "./answer";
import type { Message, Statistics } from "./conversation";
import { contextOf } from "./model-choice";
import { t } from "./words";

/** What an answer took. */
export function StatisticsLine({ message }: { message: Message }) {
  const { statistics, finish, model } = message;
  if (!statistics) return null;
  return (
    <ul class="chat-stats" aria-label={t.statistics}>
      {figures(statistics, finish).map(([text, hint]) => (
        <li key={hint} title={hint}>
          {text}
        </li>
      ))}
      <Context statistics={statistics} size={contextOf(model)} />
    </ul>
  );
}

/** The figures that are known, each with what it is. */
function figures(of: Statistics, finish: string): [string, string][] {
  const s = t.stats;
  const rows: [string | null, string][] = [
    [of.promptTokens === null ? null : s.prompt(count(of.promptTokens)), s.promptHint],
    [of.cachedTokens === null ? null : s.cached(count(of.cachedTokens)), s.cachedHint],
    [of.generatedTokens === null ? null : s.generated(count(of.generatedTokens)), s.generatedHint],
    [of.promptSpeed === null ? null : s.reading(speed(of.promptSpeed)), s.readingHint],
    [of.generationSpeed === null ? null : s.writing(speed(of.generationSpeed)), of.measured ? s.writingMeasured : s.writingHint],
    [of.firstToken === null ? null : s.first(duration(of.firstToken)), s.firstHint],
    [s.total(duration(of.total)), s.total("")],
    [finish ? s.finish(finish) : null, s.finish("")],
  ];
  return rows.filter((row): row is [string, string] => row[0] !== null);
}

function Context({ statistics, size }: { statistics: Statistics; size: number }) {
  const used = contextUsed(statistics, size);
  if (used === null) return null;
  const tokens = (statistics.promptTokens ?? 0) + (statistics.generatedTokens ?? 0);
  const text = t.stats.context(count(tokens), contextSize(size));
  return (
    <li class="chat-context" title={t.stats.contextHint}>
      <meter min={0} max={1} high={0.85} value={used} aria-label={t.stats.contextHint} aria-valuetext={text} />
      <span>{text}</span>
    </li>
  );
}
