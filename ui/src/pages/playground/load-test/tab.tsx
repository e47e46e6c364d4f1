import { Button } from "../../../parts/button";
import { Failure } from "../failure";
import { Form, NumberField, PromptField, RunRow } from "../fields";
import { Cards } from "./cards";
import { Gantt } from "./gantt";
import { MOST_AT_ONCE, MOST_REQUESTS, modelsOf } from "./plan";
import { Queue } from "./queue";
import { Results } from "./results";
import { DEFAULTS, job, prefs, prompt, seen, start } from "./state";
import { t } from "./words";

export default function LoadTest() {
  return (
    <div class="play-two">
      <section class="card play-form">
        <Form label={t.form} onSubmit={() => void start()}>
          <Queue />
          <PromptField label={t.prompt} rows={3} value={prompt.value} onInput={(value) => (prompt.value = value)} />
          <div class="play-pair">
            <NumberField label={t.concurrency} min={1} max={MOST_AT_ONCE} value={prefs.concurrency.value} onChange={(value) => (prefs.concurrency.value = value)} />
            <NumberField label={t.repetitions} min={1} max={MOST_REQUESTS} value={prefs.repetitions.value} onChange={(value) => (prefs.repetitions.value = value)} />
            <NumberField label={t.maxTokens} min={1} max={32768} value={prefs.maxTokens.value} onChange={(value) => (prefs.maxTokens.value = value)} />
            <NumberField label={t.ramp} min={0} max={600} step={0.5} value={prefs.ramp.value} onChange={(value) => (prefs.ramp.value = value)} />
          </div>
          <Start />
        </Form>
      </section>
      <div class="stack play-load">
        <Failure of={job.failure.value} onRetry={() => void start()} />
        <Gantt />
        <Results />
        <Cards />
      </div>
    </div>
  );
}

function Start() {
  const planned = modelsOf(prefs.queue.value, prefs.repetitions.value).length;
  const hindrance = planned === 0 ? t.needModel : planned > MOST_REQUESTS ? t.tooMany(MOST_REQUESTS) : "";
  const { requests } = seen.value;
  const over = requests.filter((asked) => asked.over).length;
  const reset = (): void => {
    prompt.value = t.defaultPrompt;
    prefs.maxTokens.value = DEFAULTS.maxTokens;
    prefs.concurrency.value = DEFAULTS.concurrency;
    prefs.repetitions.value = DEFAULTS.repetitions;
    prefs.ramp.value = DEFAULTS.ramp;
  };
  return (
    <>
      <RunRow job={job} label={t.start} end={t.stop} doing={t.running(over, requests.length)} hindrance={hindrance} />
      {hindrance === "" && !job.running.value && <p class="field-note">{t.planned(planned)}</p>}
      <p class="field-note">{t.about}</p>
      <div class="row">
        <Button small look="quiet" icon="retry" onClick={reset}>
          {t.reset}
        </Button>
      </div>
    </>
  );
}
