import { Empty } from "../../../parts/card";
import { t } from "../words";

export default function Images() {
  return <Empty title={t.tabs.images} />;
}
