import { Icon } from "../../../parts/icon";
import { CodeBlock } from "../../../parts/markdown/code-block";
import type { ToolCall } from "./conversation";
import { pretty } from "./pretty";
import { t } from "./words";

/** Tools that a model wants to be called. Nothing calls them here. */
export function ToolCalls({ tools }: { tools: readonly ToolCall[] }) {
  return (
    <>
      {tools.map((tool, index) => (
        <section class="chat-tool" key={index} aria-label={t.tool(tool.name)}>
          <p>
            <Icon name="zap" />
            <strong>{t.tool(tool.name)}</strong>
          </p>
          {tool.arguments && <CodeBlock source={pretty(tool.arguments)} language="json" open={false} />}
        </section>
      ))}
    </>
  );
}
