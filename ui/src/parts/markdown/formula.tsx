import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "./words";

/** A formula, as MathML; its source until that is made, and where it cannot be. */
export function Formula({ tex, display }: { tex: string; display: boolean }) {
  const host = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const into = host.current;
    if (!into) return;
    into.textContent = tex;
    let wanted = true;
    void import("./mathml").then(
      ({ drawn }) => {
        if (!wanted) return;
        const formula = drawn(tex, display);
        if (formula) into.replaceChildren(formula);
        else into.title = t.badFormula;
        into.classList.toggle("md-formula-bad", !formula);
      },
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [tex, display]);
  return <span ref={host} class={display ? "md-formula md-formula-display" : "md-formula"} />;
}
