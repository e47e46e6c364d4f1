import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { download } from "../../lib/download";
import { Button } from "../../parts/button";
import { CopyButton } from "../../parts/copy-button";
import { fromEvents, fromWhole, type Answer } from "./assembled";
import { MOST_SHOWN, picturesIn, pretty, type Body, type Bytes } from "./capture";
import { t } from "./words";

type Form = "chat" | "pretty" | "raw";

/** A body in the forms that it has: a conversation, in lines, as it was; pictures and sounds as such. */
export function CaptureBody({ body, name }: { body: Body; name: string }) {
  switch (body.kind) {
    case "absent":
      return <p class="muted">{t.capture.absent}</p>;
    case "empty":
      return <p class="muted">{t.capture.empty}</p>;
    case "image":
    case "audio":
      return <Media bytes={body.bytes} kind={body.kind} type={body.type} name={name} />;
    case "binary":
      return (
        <div class="row">
          <span class="muted grow">{t.capture.binary(body.type)}</span>
          <Save bytes={body.bytes} name={name} type={body.type} />
        </div>
      );
    default:
      return <Text body={body} name={name} />;
  }
}

function Text({ body, name }: { body: Extract<Body, { text: string }>; name: string }) {
  const answer = useMemo(() => (body.kind === "events" ? fromEvents(body.text) : body.kind === "json" ? fromWhole(body.value) : null), [body]);
  const pictures = useMemo(() => (body.kind === "json" ? picturesIn(body.value) : []), [body]);
  const forms = formsOf(body, answer);
  const form = useSignal<Form>(forms[0] ?? "raw");
  const text = form.value === "pretty" && body.kind === "json" ? pretty(body) : body.text;
  const copied = form.value === "chat" && answer ? answer.content : text;
  return (
    <div class="stack">
      <div class="row">
        {forms.length > 1 && (
          <span class="segments" role="group" aria-label={t.capture.form}>
            {forms.map((each) => (
              <Button key={each} small aria-pressed={form.value === each} onClick={() => (form.value = each)}>
                {t.capture.forms[each]}
              </Button>
            ))}
          </span>
        )}
        <span class="grow" />
        <CopyButton text={() => copied} />
        <Save bytes={body.bytes} name={name} type={body.type} />
      </div>
      {pictures.length > 0 && (
        <div class="capture-pictures">
          {pictures.map((source, index) => (
            <img key={index} src={source} alt={t.capture.picture(index + 1)} />
          ))}
        </div>
      )}
      {form.value === "chat" && answer ? <Chat answer={answer} /> : <Source text={text} />}
    </div>
  );
}

function formsOf(body: Body, answer: Answer | null): Form[] {
  const chat: Form[] = answer ? ["chat"] : [];
  return body.kind === "json" ? [...chat, "pretty", "raw"] : [...chat, "raw"];
}

function Source({ text }: { text: string }) {
  return (
    <>
      <pre class="capture-source" tabIndex={0}>
        {text.slice(0, MOST_SHOWN)}
      </pre>
      {text.length > MOST_SHOWN && <p class="field-note">{t.capture.cut}</p>}
    </>
  );
}

/** What the model has said, put together. It is shown as text: nothing in it is taken for markup. */
function Chat({ answer }: { answer: Answer }) {
  return (
    <div class="capture-chat" tabIndex={0} role="region" aria-label={t.capture.forms.chat}>
      {answer.reasoning && <Said title={t.capture.reasoning} text={answer.reasoning} extra="capture-reasoning" />}
      {answer.content && <Said title={t.capture.response} text={answer.content} />}
      {answer.tools.map(({ name, arguments: given }, index) => (
        <Said key={index} title={t.capture.tool(name)} text={given} extra="mono" />
      ))}
      {answer.error && <p class="problem">{answer.error}</p>}
      {answer.finish && <p class="field-note">{t.capture.finish(answer.finish)}</p>}
    </div>
  );
}

function Said({ title, text, extra = "" }: { title: string; text: string; extra?: string }) {
  return (
    <section>
      <h4>{title}</h4>
      <p class={`capture-said ${extra}`}>{text}</p>
    </section>
  );
}

function Media({ bytes, kind, type, name }: { bytes: Bytes; kind: "image" | "audio"; type: string; name: string }) {
  const url = useSignal("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes], { type }));
    url.value = made;
    return () => URL.revokeObjectURL(made);
  }, [bytes]);
  return (
    <div class="stack">
      {url.value && kind === "image" && <img class="capture-picture" src={url.value} alt={t.capture.picture(1)} />}
      {url.value && kind === "audio" && <audio controls src={url.value} />}
      <div class="row">
        <Save bytes={bytes} name={name} type={type} />
      </div>
    </div>
  );
}

function Save({ bytes, name, type }: { bytes: Bytes; name: string; type: string }) {
  return (
    <Button small icon="download" onClick={() => download(name, bytes, type || "application/octet-stream")}>
      {t.capture.save}
    </Button>
  );
}
