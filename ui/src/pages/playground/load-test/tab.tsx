import { Empty } from "../../../parts/card";
import { t } from "../words";

export default function LoadTest() {
  return <Empty title={t.tabs.loadTest} />;
}
