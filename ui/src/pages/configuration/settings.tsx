import type { ComponentChildren } from "preact";
import { Icon } from "../../parts/icon";
import { pieces, settingsIn, type Node, type Scalar } from "./tree";
import { t } from "./words";

export interface FoldProps {
  title: string;
  note: string;
  /** Whether it is open at first. */
  open: boolean;
  /** Whether it is open whatever the user has done, as what was searched for is in it. */
  forced: boolean;
  /** It is a section of the configuration, and not one of these. */
  top?: boolean;
  children: ComponentChildren;
}

/** What can be folded away. */
export function Fold({ title, note, open, forced, top = false, children }: FoldProps) {
  return (
    <details class={top ? "config-fold config-fold-top card" : "config-fold"} open={forced || open}>
      <summary>
        <Icon name="right" />
        <span class={top ? "config-fold-title" : "mono"}>{title}</span>
        <span class="card-note">{note}</span>
      </summary>
      <div class="config-fold-content">{children}</div>
    </details>
  );
}

/** Settings, and those below them. */
export function Settings({ nodes, open, forced, search }: { nodes: readonly Node[]; open: boolean; forced: boolean; search: string }) {
  const plain = nodes.filter((node) => node.values !== undefined);
  const deeper = nodes.filter((node) => node.values === undefined);
  return (
    <>
      {plain.length > 0 && (
        <dl class="config-list">
          {plain.map((node) => (
            <div key={node.path}>
              <dt class="mono">
                <Marked text={node.key} search={search} />
              </dt>
              <dd class="mono">
                <Values node={node} search={search} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {deeper.map((node) => (
        <Fold key={node.path} title={node.key} note={t.settings(settingsIn(node.below))} open={open} forced={forced}>
          <Settings nodes={node.below} open={open} forced={forced} search={search} />
        </Fold>
      ))}
    </>
  );
}

function Values({ node, search }: { node: Node; search: string }) {
  const values = node.values ?? [];
  if (values.length === 0) return <span class="muted">{t.nothing}</span>;
  if (!node.listed) return <Value of={values[0] ?? null} search={search} />;
  return (
    <ul class="config-values">
      {values.map((value, index) => (
        <li key={index}>
          <Value of={value} search={search} />
        </li>
      ))}
    </ul>
  );
}

function Value({ of, search }: { of: Scalar; search: string }) {
  if (of === null) return <span class="muted">{t.nothing}</span>;
  if (of === "") return <span class="muted">{t.empty}</span>;
  return (
    <>
      {pieces(String(of)).map(({ text, masked }, index) =>
        masked ? (
          <span key={index} class="tag tag-warn config-masked" title={t.masked}>
            <Icon name="eye-off" size={12} />
            {text}
          </span>
        ) : (
          <Marked key={index} text={text} search={search} />
        ),
      )}
    </>
  );
}

/** `text` with what was searched for marked. */
function Marked({ text, search }: { text: string; search: string }) {
  const wanted = search.trim().toLowerCase();
  const at = wanted === "" ? -1 : text.toLowerCase().indexOf(wanted);
  if (at < 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + wanted.length)}</mark>
      {text.slice(at + wanted.length)}
    </>
  );
}
