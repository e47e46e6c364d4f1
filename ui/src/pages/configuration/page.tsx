import { useEffect } from "preact/hooks";
import { Button } from "../../parts/button";
import { Empty } from "../../parts/card";
import { Loading } from "../../parts/fetched";
import { TabPanel, Tabs, currentTab } from "../../parts/tabs";
import { messageOf } from "../../server/api";
import { onFresh } from "../../server/feed";
import { Files } from "./files";
import { InForce } from "./in-force";
import { read, reading, shown, trouble } from "./shown";
import { t } from "./words";

const TABS = [
  { id: "in-force", name: t.inForce },
  { id: "files", name: t.files },
] as const;

export default function ConfigurationPage() {
  useEffect(() => {
    void read();
    return onFresh(() => void read());
  }, []);
  const tab = currentTab(TABS);
  const configuration = shown.value;
  return (
    <div class="configuration">
      <Tabs tabs={TABS} label={t.tabs} />
      <TabPanel tab={tab}>
        {trouble.value !== null && <Failed />}
        {configuration === null && trouble.value === null && <Loading />}
        {configuration && (tab === "files" ? <Files configuration={configuration} /> : <InForce configuration={configuration} />)}
      </TabPanel>
    </div>
  );
}

function Failed() {
  return (
    <Empty title={t.readFailed}>
      <p role="alert">{messageOf(trouble.value)}</p>
      <Button icon="retry" busy={reading.value} onClick={() => void read()}>
        {t.retry}
      </Button>
    </Empty>
  );
}
