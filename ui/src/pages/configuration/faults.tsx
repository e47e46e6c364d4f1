import type { Fault } from "./problems";
import { t } from "./words";

/** What is wrong with the text, each with a way to its line; and what else is odd about it. */
export function Faults({ faults, remarks, onGo }: { faults: readonly Fault[]; remarks: readonly string[]; onGo: (line: number, column: number) => void }) {
  return (
    <div id="config-faults" class="stack">
      {faults.length > 0 && (
        <ul class="config-faults">
          {faults.map(({ line, column, message }, index) => (
            <li key={index}>
              {line > 0 && (
                <button type="button" class="config-link" aria-label={t.goTo(line)} onClick={() => onGo(line, column)}>
                  {t.line(line)}
                </button>
              )}
              <span>{message}</span>
            </li>
          ))}
        </ul>
      )}
      {remarks.length > 0 && (
        <details class="config-fold">
          <summary>{t.remarks(remarks.length)}</summary>
          <ul class="config-warnings">
            {remarks.map((remark, index) => (
              <li key={index}>{remark}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
