import { Empty } from "../../../parts/card";
import { t } from "../words";

export default function Speech() {
  return <Empty title={t.tabs.speech} />;
}
