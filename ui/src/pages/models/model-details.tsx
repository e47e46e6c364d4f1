import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { linkTo } from "../../app/router";
import { clock, contextSize, count } from "../../lib/format";
import { Card } from "../../parts/card";
import { CopyButton } from "../../parts/copy-button";
import { Loading } from "../../parts/fetched";
import { Problem } from "../../parts/problem";
import { ask, isAbort, messageOf } from "../../server/api";
import type { Schemas } from "../../server/types";
import { History } from "./history";
import { setup } from "./known";
import { Capabilities } from "./row";
import { t } from "./words";

type Detail = Schemas["ModelDetail"];
const f = t.detail.facts;

/** What the configuration says of a model, and what has happened to it. */
export function ModelDetails({ id }: { id: string }) {
  const detail = useSignal<Detail | null>(null);
  const problem = useSignal("");
  const attempt = useSignal(0);
  useEffect(() => {
    const abort = new AbortController();
    problem.value = "";
    ask<Detail>("GET", `api/models/detail/${encodeURIComponent(id)}`, { signal: abort.signal }).then(
      (found) => (detail.value = found),
      (error: unknown) => isAbort(error) || (problem.value = messageOf(error)),
    );
    return () => abort.abort();
  }, [id, setup.value, attempt.value]);
  return (
    <div class="columns model-columns">
      <Card title={f.title}>
        {problem.value && <Problem text={f.failed(problem.value)} onRetry={() => (attempt.value += 1)} />}
        {detail.value ? <Facts detail={detail.value} /> : !problem.value && <Loading />}
      </Card>
      <History id={id} />
    </div>
  );
}

function Facts({ detail }: { detail: Detail }) {
  return (
    <>
      {detail.cmd === undefined ? <p class="hint">{f.hidden}</p> : <Command name={f.command} text={detail.cmd} />}
      {detail.cmd_stop && <Command name={f.stop} text={detail.cmd_stop} />}
      <dl class="facts">
        {detail.proxy && <Fact name={f.proxy} mono>{detail.proxy}</Fact>}
        {detail.env && detail.env.length > 0 && (
          <Fact name={f.env} mono>
            <span title={f.envNote}>{detail.env.join(", ")}</span>
          </Fact>
        )}
        <Fact name={f.ttl}>{detail.ttl > 0 ? f.ttlSeconds(clock(detail.ttl)) : f.ttlNever}</Fact>
        <Fact name={f.places}>{count(detail.concurrency_limit ?? 0)}</Fact>
        <Fact name={f.queue}>{count(detail.queue_size ?? 0)}</Fact>
        {Boolean(detail.queue_timeout) && <Fact name={f.queueTimeout}>{clock(detail.queue_timeout ?? 0)}</Fact>}
        <Fact name={f.unloadTimeout}>{clock(detail.unload_timeout ?? 0)}</Fact>
        <Fact name={f.health}>{f.healthWithin(detail.check_endpoint ?? "", clock(detail.health_check_timeout ?? 0))}</Fact>
        {Boolean(detail.priority) && <Fact name={f.priority}>{count(detail.priority ?? 0)}</Fact>}
        {Boolean(detail.context_length) && <Fact name={f.context}>{contextSize(detail.context_length ?? 0)}</Fact>}
        <Fact name={f.capabilities}>
          {Object.keys(detail.capabilities).length > 0 ? (
            <span class="row">
              <Capabilities model={detail} />
            </span>
          ) : (
            <span class="muted">{f.noCapabilities}</span>
          )}
        </Fact>
        {detail.use_model_name && <Fact name={f.modelName} mono>{detail.use_model_name}</Fact>}
        {detail.unlisted && <Fact name={f.unlisted}>{f.yes}</Fact>}
        {detail.preload && <Fact name={f.preload}>{f.yes}</Fact>}
        {detail.send_loading_state && <Fact name={f.loading}>{f.yes}</Fact>}
        <Together detail={detail} />
      </dl>
      {detail.metadata && Object.keys(detail.metadata).length > 0 && <Command name={f.metadata} text={JSON.stringify(detail.metadata, null, 2)} />}
    </>
  );
}

/** Which models are in its groups, or sets. */
function Together({ detail }: { detail: Detail }) {
  return (
    <>
      {detail.groups.map(({ id, members, swap }) => (
        <Fact key={id} name={f.groups}>
          <strong>{id}</strong> <span class="tag">{swap ? t.list.turns : t.list.together}</span> <Others members={members} id={detail.id} />
        </Fact>
      ))}
      {detail.sets.map(({ id, expression, members }) => (
        <Fact key={id} name={f.sets}>
          <strong>{id}</strong> <code>{expression}</code> <Others members={members} id={detail.id} />
        </Fact>
      ))}
    </>
  );
}

function Others({ members, id }: { members: readonly string[]; id: string }) {
  const others = members.filter((each) => each !== id);
  if (others.length === 0) return <span class="muted">{f.alone}</span>;
  return (
    <span>
      {others.map((other, index) => (
        <span key={other}>
          {index > 0 && ", "}
          <a href={linkTo(["models", other])}>{other}</a>
        </span>
      ))}
    </span>
  );
}

function Fact({ name, mono = false, children }: { name: string; mono?: boolean; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd class={mono ? "mono" : ""}>{children}</dd>
    </>
  );
}

function Command({ name, text }: { name: string; text: string }) {
  return (
    <figure class="model-command">
      <figcaption class="row">
        <span class="field-name grow">{name}</span>
        <CopyButton icon text={() => text} label={f.copy} />
      </figcaption>
      <pre tabIndex={0}>{text}</pre>
    </figure>
  );
}
