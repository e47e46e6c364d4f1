import { useLayoutEffect, useRef } from "preact/hooks";
import { OnUse } from "../../lib/on-use";
import { CopyButton } from "../copy-button";
import { Growing } from "./growing";
import { t } from "./words";

const highlighter = new OnUse(() => import("./highlight"));

/** Code with its language and a way to copy exactly it. While it is `open` it only grows; colours come when it is closed. */
export function CodeBlock({ source, language, open }: { source: string; language: string; open: boolean }) {
  const code = useRef<HTMLElement>(null);
  const growing = useRef<Growing>(undefined);
  useLayoutEffect(() => {
    if (!code.current) return;
    growing.current ??= new Growing(code.current);
    growing.current.show(source);
  }, [source]);
  useLayoutEffect(() => {
    if (open || !language) return;
    return highlighter.with(({ coloured }) => {
      const colours = coloured(source, language.toLowerCase());
      if (!colours) return;
      code.current?.replaceChildren(colours);
      growing.current = undefined;
    });
  }, [source, language, open]);
  return (
    <figure class="md-code">
      <figcaption>
        <span class="mono">{language || t.code}</span>
        {!open && <CopyButton text={() => source} label={t.copyCode} />}
      </figcaption>
      <pre tabIndex={0} role="region" aria-label={t.codeIn(language)}>
        <code ref={code} />
      </pre>
    </figure>
  );
}
