import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { linkTo } from "../../app/router";
import { Button } from "../../parts/button";
import { CopyButton } from "../../parts/copy-button";
import { Dialog } from "../../parts/dialog";
import { ApiError, address, ask, isAbort, messageOf } from "../../server/api";
import { bodyOf, type Body, type Capture } from "./capture";
import { CaptureBody } from "./capture-body";
import { asCurl } from "./curl";
import { t } from "./words";

/** What a request said, and what it was answered. `model` is whose log has more, where that is known. */
export function CaptureDialog({ id, model, onClose }: { id: number; model: string | undefined; onClose: () => void }) {
  const capture = useSignal<Capture | null>(null);
  const problem = useSignal<unknown>(null);
  const read = async (signal?: AbortSignal): Promise<void> => {
    problem.value = null;
    try {
      capture.value = await ask<Capture>("GET", `api/captures/${id}`, { signal });
    } catch (error) {
      if (!isAbort(error)) problem.value = error;
    }
  };
  useEffect(() => {
    const abort = new AbortController();
    void read(abort.signal);
    return () => abort.abort();
  }, [id]);
  const found = capture.value;
  return (
    <Dialog
      title={t.capture.title(id, found?.req_path ?? "")}
      kind="full"
      onClose={onClose}
      actions={
        <>
          {model !== undefined && (
            <a class="button" href={linkTo(["models", model], { tab: "logs" })}>
              {t.table.log}
            </a>
          )}
          <Button look="primary" onClick={onClose}>
            {t.capture.close}
          </Button>
        </>
      }
    >
      {problem.value !== null && <Problem error={problem.value} onRetry={() => void read()} />}
      {!found && problem.value === null && (
        <p class="loading" role="status">
          {t.table.loading}
        </p>
      )}
      {found && <Sections capture={found} />}
    </Dialog>
  );
}

function Problem({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const gone = error instanceof ApiError && error.status === 404;
  return (
    <div class="capture-none" role="alert">
      <p class="empty-title">{gone ? t.capture.gone : t.capture.failed}</p>
      <p class="muted">{gone ? t.capture.goneAbout : messageOf(error)}</p>
      {!gone && (
        <Button icon="retry" onClick={onRetry}>
          {t.table.retry}
        </Button>
      )}
    </div>
  );
}

function Sections({ capture }: { capture: Capture }) {
  const asked = useMemo(() => bodyOf(capture.req_body, capture.req_headers), [capture]);
  const answered = useMemo(() => bodyOf(capture.resp_body, capture.resp_headers), [capture]);
  const url = address(capture.req_path.replace(/^\//, "")).href;
  return (
    <>
      <div class="row">
        <CopyButton label={t.capture.curl} text={() => asCurl(capture, url, asked)} />
      </div>
      <div class="capture-sides">
        <div class="stack">
          <Part title={t.capture.requestHeaders} note={count(capture.req_headers)}>
            <Headers headers={capture.req_headers} />
          </Part>
          <Part title={t.capture.requestBody} note={noteOf(asked)}>
            <CaptureBody body={asked} name={`request-${capture.id}`} />
          </Part>
        </div>
        <div class="stack">
          <Part title={t.capture.responseHeaders} note={count(capture.resp_headers)}>
            <Headers headers={capture.resp_headers} />
          </Part>
          <Part title={t.capture.responseBody} note={noteOf(answered)}>
            <CaptureBody body={answered} name={`response-${capture.id}`} />
          </Part>
        </div>
      </div>
    </>
  );
}

function Part({ title, note, children }: { title: string; note: string; children: ComponentChildren }) {
  return (
    <details class="capture-part" open>
      <summary>
        <h3>{title}</h3>
        <span class="card-note">{note}</span>
      </summary>
      {children}
    </details>
  );
}

function Headers({ headers }: { headers: Capture["req_headers"] }) {
  const all = Object.entries(headers ?? {});
  if (all.length === 0) return <p class="muted">{t.capture.noHeaders}</p>;
  return (
    <div class="table-box">
      <table class="compact headers">
        <tbody>
          {all.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="mono">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function count(headers: Capture["req_headers"]): string {
  return t.capture.headers(Object.keys(headers ?? {}).length);
}

function noteOf(body: Body): string {
  return "bytes" in body ? t.capture.size(body.bytes.length, body.type) : "";
}
