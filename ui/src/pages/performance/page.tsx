import { Empty } from "../../parts/card";
import { t } from "./words";

export default function Performance() {
  return <Empty title={t.title} />;
}
