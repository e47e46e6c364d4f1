import { ModelSelect } from "../model-select";
import { Form, PromptField, RunRow, SelectField } from "../fields";
import { remembered } from "../remembered";
import { OpenAiFields } from "./openai-fields";
import { Results } from "./results";
import { SdapiFields } from "./sdapi-fields";
import { SourceFields } from "./source-fields";
import { draw, drawn, forgetLoras, job, negative, prefs, prompt } from "./state";
import { t } from "./words";

export default function Images() {
  const model = remembered.images.value;
  const sdapi = prefs.api.value === "sdapi";
  const hindrance = model === "" ? t.needModel : prompt.value.trim() === "" ? t.needPrompt : "";
  const clear = (): void => {
    prompt.value = negative.value = "";
    job.failure.value = null;
    drawn.value = [];
  };
  return (
    <div class="play-two">
      <section class="card play-form">
        <Form label={t.form} onSubmit={() => void draw()}>
          <ModelSelect
            area="images"
            capability={["image_generation", "image_to_image"]}
            value={model}
            onChange={(chosen) => {
              remembered.images.value = chosen;
              forgetLoras();
            }}
          />
          <PromptField label={t.prompt} placeholder={t.promptHint} value={prompt.value} onInput={(value) => (prompt.value = value)} />
          <SelectField label={t.api} value={prefs.api.value} options={[["openai", t.apis.openai], ["sdapi", t.apis.sdapi]]} onChange={(value) => (prefs.api.value = value)} />
          {sdapi ? <SdapiFields model={model} /> : <OpenAiFields />}
          <SourceFields model={model} />
          <RunRow job={job} label={t.generate} doing={t.generating} hindrance={hindrance} onClear={clear} />
        </Form>
      </section>
      <Results />
    </div>
  );
}
