import { useLayoutEffect, useRef } from "preact/hooks";
import { OnUse } from "../../lib/on-use";
import { t } from "./words";

const mathml = new OnUse(() => import("./mathml"));

/** A formula, as MathML; its source until that is made, and where it cannot be. */
export function Formula({ tex, display }: { tex: string; display: boolean }) {
  const host = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const into = host.current;
    if (!into) return;
    into.textContent = tex;
    return mathml.with(({ drawn }) => {
      const formula = drawn(tex, display);
      if (formula) into.replaceChildren(formula);
      else into.title = t.badFormula;
      into.classList.toggle("md-formula-bad", !formula);
    });
  }, [tex, display]);
  return <span ref={host} class={display ? "md-formula md-formula-display" : "md-formula"} />;
}
