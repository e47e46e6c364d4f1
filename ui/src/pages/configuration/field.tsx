import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { numbers, offsetOf } from "./problems";
import { t } from "./words";

/** What others may have a field do. */
export interface FieldHandle {
  /** Put the cursor there, and show that line. */
  goTo: (line: number, column: number) => void;
}

export interface FieldProps {
  name: string;
  text: string;
  /** What is wrong, by line. */
  marks: ReadonlyMap<number, string>;
  handle: RefObject<FieldHandle | null>;
  onType: (text: string) => void;
}

/** Pixels of a line, and above the first one; as `page.css` has them. */
const LINE = 20;
const ABOVE = 8;

/** A text area with numbers of its lines, and marks on some of them. */
export function Field({ name, text, marks, handle, onType }: FieldProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const side = useRef<HTMLDivElement>(null);
  const follow = (): void => {
    if (area.current && side.current) side.current.style.translate = `0 ${-area.current.scrollTop}px`;
  };
  useEffect(() => {
    handle.current = {
      goTo(line, column) {
        if (!area.current) return;
        const at = offsetOf(area.current.value, line, column);
        area.current.focus();
        area.current.setSelectionRange(at, at);
        area.current.scrollTop = Math.max(0, (line - 4) * LINE);
        follow();
      },
    };
    return () => {
      handle.current = null;
    };
  }, [handle]);
  return (
    <div class="config-editor">
      <div class="config-editor-side" aria-hidden="true">
        <div ref={side}>
          <pre>{numbers(text)}</pre>
          {[...marks].map(([line, message]) => (
            <span key={line} class="config-editor-mark" title={message} style={{ top: `${ABOVE + (line - 1) * LINE}px` }}>
              {line}
            </span>
          ))}
        </div>
      </div>
      <textarea
        ref={area}
        class="mono"
        value={text}
        aria-label={t.editor(name)}
        aria-invalid={marks.size > 0}
        aria-describedby="config-faults"
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        wrap="off"
        onInput={(event) => onType(event.currentTarget.value)}
        onScroll={follow}
      />
    </div>
  );
}
