import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Button } from "../../parts/button";
import { Card, Empty } from "../../parts/card";
import { CopyButton } from "../../parts/copy-button";
import { Loading } from "../../parts/fetched";
import { TabPanel, Tabs, currentTab } from "../../parts/tabs";
import { dateTime } from "../../lib/format";
import { ask, isAbort, messageOf } from "../../server/api";
import { accelerators, processor, report, system, type Hardware, type Section } from "./facts";
import { t } from "./words";

const TABS = [
  { id: "overview", name: t.overview },
  { id: "text", name: t.text },
];

/** What the machine is made of, as the server found out when it started. */
export default function HardwarePage() {
  const hardware = useSignal<Hardware | null>(null);
  const problem = useSignal("");
  const again = useSignal(0);
  useEffect(() => {
    const abort = new AbortController();
    problem.value = "";
    ask<Hardware>("GET", "api/hardware", { signal: abort.signal }).then(
      (found) => (hardware.value = found),
      (error: unknown) => {
        if (!isAbort(error)) problem.value = messageOf(error);
      },
    );
    return () => abort.abort();
  }, [again.value]);
  if (problem.value !== "") {
    return (
      <Empty title={t.failed}>
        <p role="alert">{problem.value}</p>
        <Button icon="retry" onClick={() => (again.value += 1)}>
          {t.retry}
        </Button>
      </Empty>
    );
  }
  return hardware.value === null ? <Loading /> : <Found hardware={hardware.value} />;
}

function Found({ hardware }: { hardware: Hardware }) {
  const tab = currentTab(TABS);
  return (
    <div>
      <Tabs tabs={TABS} label={t.tabs} />
      <TabPanel tab={tab}>{tab === "text" ? <Report text={report(hardware)} /> : <Overview hardware={hardware} />}</TabPanel>
    </div>
  );
}

function Overview({ hardware }: { hardware: Hardware }) {
  const found = accelerators(hardware);
  return (
    <div class="stack">
      <p class="muted">{t.seen(dateTime(Date.parse(hardware.captured_at)))}</p>
      <div class="columns">
        <Facts section={system(hardware)} />
        <Facts section={processor(hardware)} />
        {found.map((section) => (
          <Facts key={section.title} section={section} />
        ))}
        {found.length === 0 && (
          <Card title={t.accelerators}>
            <p class="muted">{t.noAccelerators}</p>
          </Card>
        )}
      </div>
    </div>
  );
}

function Facts({ section: { title, facts } }: { section: Section }) {
  return (
    <Card title={title}>
      <dl class="facts">
        {facts.map(([name, value]) => [<dt key={`${name} name`}>{name}</dt>, <dd key={name}>{value === t.unknown ? <span class="muted">{value}</span> : value}</dd>])}
      </dl>
    </Card>
  );
}

function Report({ text }: { text: string }) {
  return (
    <Card title={t.report} actions={<CopyButton label={t.copy} text={() => text} />}>
      <textarea class="hardware-report mono" readOnly aria-label={t.report} rows={text.split("\n").length} value={text} />
    </Card>
  );
}
