import { Button, IconButton } from "../../../parts/button";
import { Form, NumberField, PromptField, RunRow } from "../fields";
import { ModelSelect } from "../model-select";
import { remembered } from "../remembered";
import { Comparison } from "./comparison";
import { MOST_TEXTS, compared, dimensions, embed, job, texts } from "./state";
import { t } from "./words";

export default function Embeddings() {
  const model = remembered.embeddings.value;
  const none = texts.value.every((text) => text.trim() === "");
  const hindrance = model === "" ? t.needModel : none ? t.needText : "";
  const clear = (): void => {
    texts.value = ["", ""];
    compared.value = null;
    job.failure.value = null;
  };
  return (
    <div class="play-two">
      <section class="card play-form">
        <Form label={t.form} onSubmit={() => void embed()}>
          <ModelSelect area="embeddings" value={model} onChange={(chosen) => (remembered.embeddings.value = chosen)} />
          {texts.value.map((text, at) => (
            <TextRow key={at} at={at} text={text} />
          ))}
          <div class="row">
            <Button icon="plus" small disabled={texts.value.length >= MOST_TEXTS} onClick={() => (texts.value = [...texts.value, ""])}>
              {t.add}
            </Button>
          </div>
          <NumberField label={t.dimensions} note={t.dimensionsNote} min={0} max={65536} value={dimensions.value} onChange={(value) => (dimensions.value = value)} />
          <RunRow job={job} label={t.embed} doing={t.embedding} hindrance={hindrance} onClear={clear} />
        </Form>
      </section>
      <Comparison />
    </div>
  );
}

function TextRow({ at, text }: { at: number; text: string }) {
  return (
    <div class="play-voice-row">
      <PromptField
        label={t.text(at + 1)}
        rows={2}
        placeholder={t.hint}
        value={text}
        onInput={(value) => (texts.value = texts.value.map((each, index) => (index === at ? value : each)))}
      />
      <IconButton icon="trash" label={t.remove(at + 1)} disabled={texts.value.length <= 1} onClick={() => (texts.value = texts.value.filter((_, index) => index !== at))} />
    </div>
  );
}
