import { Empty } from "../../../parts/card";
import { t } from "../words";

export default function Embeddings() {
  return <Empty title={t.tabs.embeddings} />;
}
