import { Empty } from "../../../parts/card";
import { t } from "../words";

export default function Rerank() {
  return <Empty title={t.tabs.rerank} />;
}
