import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { Button } from "../../parts/button";
import { Confirm } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { messageOf } from "../../server/api";
import { Conflict } from "./conflict";
import { changed, check, checkTrouble, checked, checking, conflict, discard, faults, kept, original, ready, reviewed, text, type } from "./edited";
import { Faults } from "./faults";
import { Field, type FieldHandle } from "./field";
import { byLine } from "./problems";
import { Review } from "./review";
import { t } from "./words";

/** The text of the file, what is wrong with it, and what can be done with it. */
export function Editor({ name }: { name: string }) {
  const asking = useSignal(false);
  const id = original.value?.id ?? "";
  const field = useRef<FieldHandle>(null);
  return (
    <div class="stack">
      {conflict.value && <Conflict />}
      <Field name={name} text={text.value} marks={byLine(faults.value)} handle={field} onType={type} />
      <div class="row">
        <Verdict />
        <span class="grow" />
        {changed.value && (
          <Button small look="quiet" icon="retry" onClick={() => (asking.value = true)}>
            {t.discard}
          </Button>
        )}
        <Button small icon="check" busy={checking.value} onClick={() => void check()}>
          {t.check}
        </Button>
        <Button small look="primary" disabled={!ready.value} onClick={() => (reviewed.value = id)}>
          {t.review}
        </Button>
      </div>
      {!kept.value && <p class="problem">{t.notKept}</p>}
      {checkTrouble.value !== null && (
        <p class="problem" role="alert">
          <Icon name="alert" /> {t.checkFailed} {messageOf(checkTrouble.value)}
        </p>
      )}
      <Faults faults={faults.value} remarks={checked.value?.warnings ?? []} onGo={(line, column) => field.current?.goTo(line, column)} />
      {changed.value && kept.value && <p class="field-note">{t.draft}</p>}
      {reviewed.value === id && changed.value && <Review id={id} name={name} />}
      {asking.value && (
        <Confirm title={t.discardTitle} act={t.discard} onConfirm={discard} onClose={() => (asking.value = false)}>
          <p>{t.discardAbout}</p>
        </Confirm>
      )}
    </div>
  );
}

/** What is known of the text, in a line. */
function Verdict() {
  const said = checked.value;
  const bad = said !== null && !said.ok;
  const words = checking.value
    ? t.checking
    : bad
      ? t.faults(said.errors.length)
      : !changed.value
        ? t.unchanged
        : said
          ? t.good
          : "";
  return (
    <p role="status" class={bad ? "config-verdict config-bad" : "config-verdict"}>
      {bad && <Icon name="alert" />}
      {!bad && said && changed.value && !checking.value && <Icon name="check" />}
      {words}
    </p>
  );
}
